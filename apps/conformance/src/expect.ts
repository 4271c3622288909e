import { isDeepStrictEqual } from 'node:util'

/** What a check says when the server did something else than the protocol asks for. */
export class Mismatch extends Error {
  override name = 'Mismatch'
}

/** @throws {Mismatch} unless `actual` equals `wanted` */
export function equal(actual: unknown, wanted: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, wanted)) throw new Mismatch(`${what}: wanted ${show(wanted)}, got ${show(actual)}`)
}

/** @throws {Mismatch} unless `claim` is true */
export function holds(claim: boolean, what: string): asserts claim {
  if (!claim) throw new Mismatch(what)
}

/** The text at a path of keys. @throws {Mismatch} when there is none */
export function textAt(value: unknown, ...keys: string[]): string {
  const found = at(value, ...keys)
  holds(typeof found === 'string', `${keys.join('.')}: wanted a text, got ${show(found)}`)
  return found
}

/** What stands at a path of keys; undefined when there is nothing. */
export function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  )
}

const maxShown = 300
const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, maxShown)
