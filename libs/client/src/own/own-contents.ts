import { maxRecordBytes } from '@fastchat/crypto'
import { formOf, limits, type OwnContents, OwnContentsSchema, type Stamped } from '@fastchat/schema'

/** The largest contents that the server takes when they are sealed. */
export const maxContentsBytes = maxRecordBytes(limits.maxOwnRecordBytes)

const form = formOf(OwnContentsSchema)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Returns contents that say nothing yet. */
export const noContents = (key: string): OwnContents => ({ v: 1, key, fields: {} })

/** Returns the contents as JSON with sorted keys, so that equal contents are equal bytes. */
export const encodeOwn = (contents: OwnContents): Uint8Array =>
  encoder.encode(JSON.stringify(contents, (_, value) => inOneOrder(value)))

/**
 * Reads contents that a device of this account has sealed. Unknown fields stay.
 *
 * @throws {RangeError} when the contents have another form
 */
export function decodeOwn(bytes: Uint8Array): OwnContents {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw new RangeError('an own record that is no JSON', { cause })
  }
  if (!form.accepts(value)) throw new RangeError('an own record of a form that this version does not know')
  return value
}

/**
 * Returns both contents of one record merged. The order and the number of merges change nothing, so
 * all devices end with the same: the higher read position, and of each field the later value.
 */
export function mergeOwn(a: OwnContents, b: OwnContents): OwnContents {
  const fields: Record<string, Stamped> = { ...a.fields }
  for (const [name, value] of Object.entries(b.fields)) {
    const known = fieldOf(a, name)
    if (!known || isLater(value, known)) fields[name] = value
  }
  const read = Math.max(a.read ?? 0, b.read ?? 0)
  return { ...b, ...a, fields, ...(read > 0 && { read }) }
}

/** Returns a field, if it was ever written. */
export const fieldOf = ({ fields }: OwnContents, name: string): Stamped | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined

/** Returns whether two contents are equal. */
export function sameOwn(a: OwnContents, b: OwnContents): boolean {
  const [left, right] = [encodeOwn(a), encodeOwn(b)]
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}

function isLater(a: Stamped, b: Stamped): boolean {
  if (a.n !== b.n) return a.n > b.n
  if (a.d !== b.d) return a.d > b.d
  return json(a) > json(b)
}

const json = ({ x }: Stamped): string => JSON.stringify(x, (_, value) => inOneOrder(value)) ?? ''

function inOneOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
