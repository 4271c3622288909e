export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

/** Returns a copy as plain JSON, without the properties that only TypeBox reads. */
export function plain(value: object): JsonObject {
  // JSON.parse returns an object for the text of an object.
  return JSON.parse(JSON.stringify(value)) as JsonObject
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function mapValues<T>(object: Readonly<Record<string, T>>, map: (value: T, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))
}

/** Sorts keys by code unit, which is the same on every machine. */
export function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Formats a document as the files of this repository: two spaces, a line feed at the end. */
export const format = (document: JsonObject): string => `${JSON.stringify(document, null, 2)}\n`
