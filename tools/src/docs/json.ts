export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

/** A copy as plain JSON: TypeBox values lose what only TypeBox reads. */
export function plain(value: object): JsonObject {
  // What JSON.parse gives of an object is one.
  return JSON.parse(JSON.stringify(value)) as JsonObject
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function mapValues<T>(object: Readonly<Record<string, T>>, map: (value: T, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))
}

/** By code unit, so that every machine sorts alike. */
export function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** As in the repository: two spaces, a line feed at the end. */
export const format = (document: JsonObject): string => `${JSON.stringify(document, null, 2)}\n`
