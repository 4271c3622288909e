import type { Manifest } from './manifest.ts'

/**
 * A place in an object: keys and indexes between spaces. `pod` and `main` stand for a workload's
 * pod and its first container.
 */
export type Path = string

/**
 * A mistake of an editor: a field gets another value, is removed, is renamed, or part of its text
 * changes.
 */
export type Change =
  | { readonly at: Path; readonly set: unknown }
  | { readonly at: Path; readonly remove: string }
  | { readonly at: Path; readonly rename: readonly [from: string, to: string] }
  | { readonly at: Path; readonly replace: readonly [from: string, to: string] }

const short: Readonly<Record<string, string>> = {
  pod: 'spec template spec',
  main: 'spec template spec containers 0',
}

/**
 * Returns a copy of `manifests` with one change in the object `target`, given as `Kind/name`
 * without the hash at the end of the name.
 */
export function mutate(manifests: readonly Manifest[], target: string, change: Change): Manifest[] {
  const copy = structuredClone([...manifests])
  const found = copy.find(({ kind, metadata }) => `${kind}/${metadata.name.replace(/-[0-9a-z]{10}$/, '')}` === target)
  if (found === undefined) throw new Error(`no ${target} to mutate`)
  const path = change.at.split(' ').flatMap((key) => short[key]?.split(' ') ?? [key])
  if ('set' in change) {
    const name = path.pop() ?? ''
    reach(found, path)[name] = change.set
  } else if ('remove' in change) {
    take(reach(found, path), change.remove)
  } else if ('rename' in change) {
    const [from, to] = change.rename
    const parent = reach(found, path)
    parent[to] = take(parent, from)
  } else {
    const [from, to] = change.replace
    const name = path.pop() ?? ''
    const parent = reach(found, path)
    const text = String(parent[name])
    if (!text.includes(from)) throw new Error(`no ${from} in ${change.at}`)
    parent[name] = text.replace(from, to)
  }
  return copy
}

function reach(object: object, path: readonly string[]): Record<string, unknown> {
  let place: unknown = object
  for (const key of path) if (key !== '') place = Object(place)[key]
  if (typeof place !== 'object' || place === null) throw new Error(`nothing at ${path.join(' ')}`)
  return place as Record<string, unknown> // parsed YAML has only objects and arrays here
}

function take(parent: Record<string, unknown>, name: string): unknown {
  const value = parent[name]
  if (value === undefined) throw new Error(`no ${name} to take away`)
  delete parent[name]
  return value
}
