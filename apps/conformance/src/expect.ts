import { isDeepStrictEqual } from 'node:util'

/** The error of a check when the server breaks the protocol. */
export class Mismatch extends Error {
  override name = 'Mismatch'
}

/** Compares two values. @throws {Mismatch} unless `actual` equals `wanted` */
export function equal(actual: unknown, wanted: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, wanted)) throw new Mismatch(`${what}: wanted ${show(wanted)}, got ${show(actual)}`)
}

/** Checks a claim. @throws {Mismatch} unless it is true */
export function holds(claim: boolean, what: string): asserts claim {
  if (!claim) throw new Mismatch(what)
}

/** Returns the text at a path of keys. @throws {Mismatch} when there is none */
export function textAt(value: unknown, ...keys: string[]): string {
  const found = at(value, ...keys)
  holds(typeof found === 'string', `${keys.join('.')}: wanted a text, got ${show(found)}`)
  return found
}

/** Returns the value at a path of keys. Undefined: there is none. */
export function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  )
}

const maxShown = 300
const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, maxShown)
