import { isObject, type Json, type JsonObject, sorted } from './json.ts'

/**
 * Moves every schema with a title in PascalCase, that is, a named schema of the contract, to
 * `schemas`. A reference takes its place, so that each is printed once. Throws when two different
 * schemas have the same title.
 */
export function shareSchemas(document: JsonObject): { document: JsonObject; schemas: JsonObject } {
  const schemas: Record<string, Json> = {}

  function shareIn(object: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, share(value)]))
  }

  function share(value: Json): Json {
    if (Array.isArray(value)) return value.map(share)
    if (!isObject(value)) return value
    const copy = shareIn(value)
    const { title } = value
    if (typeof title !== 'string' || !/^[A-Z][A-Za-z]*$/.test(title) || !('type' in value)) return copy
    const known = schemas[title]
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(copy))
      throw new TypeError(`two different schemas are called ${title}`)
    schemas[title] = copy
    return { $ref: `#/components/schemas/${title}` }
  }

  return { document: shareIn(document), schemas: sorted(schemas) }
}
