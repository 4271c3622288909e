import { isObject, type Json, type JsonObject } from './json.ts'

/** The most lines to print. They show what happened, and git shows the rest. */
const maxLines = 20

/**
 * Returns the differences between a committed document and the contract, one per line. `+` marks
 * entries of the contract only, `-` those of the file only.
 */
export function differences(committed: string, document: JsonObject): string[] {
  const lines = compare(parse(committed), document, '')
  if (lines.length === 0) return ['only in layout']
  const more = lines.length - maxLines
  return more > 0 ? [...lines.slice(0, maxLines), `and ${more} more`] : lines
}

function parse(text: string): Json | undefined {
  try {
    // JSON.parse returns JSON.
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function compare(before: Json | undefined, after: Json | undefined, path: string): string[] {
  if (before === undefined) return [`+ ${path || 'the whole file'}`]
  if (after === undefined) return [`- ${path}`]
  if (isBranch(before) && isBranch(after)) {
    const [from, to] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
    const keys = new Set([...from.keys(), ...to.keys()])
    return [...keys].flatMap((key) => compare(from.get(key), to.get(key), `${path}/${key.replaceAll('/', '~1')}`))
  }
  return before === after ? [] : [`~ ${path}: ${JSON.stringify(before)} is now ${JSON.stringify(after)}`]
}

const isBranch = (value: Json): value is JsonObject | readonly Json[] => isObject(value) || Array.isArray(value)
