import { isObject, type Json, type JsonObject } from './json.ts'

/**
 * Returns a value that fits a schema of the contract: the first of its `examples`, or the smallest
 * that its keywords allow. It includes optional fields.
 *
 * @throws TypeError for a schema without examples whose keywords are unknown here
 */
export function exampleOf(schema: JsonObject): Json {
  const { examples, type, anyOf, minimum } = schema
  if (Array.isArray(examples)) return examples[0]
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum[0]
  if (Array.isArray(anyOf) && isObject(anyOf[0])) return exampleOf(anyOf[0])
  switch (type) {
    case 'object':
      return objectOf(schema)
    case 'array':
      return isObject(schema.items) ? [exampleOf(schema.items)] : []
    case 'integer':
      return minimum ?? 0
    case 'boolean':
      return false
    case 'string':
      if (schema.pattern === undefined && schema.format === undefined) return '…'
      throw new TypeError(`no example of ${JSON.stringify(schema)}`)
    case undefined:
      return '…'
    default:
      throw new TypeError(`no example of ${JSON.stringify(schema)}`)
  }
}

function objectOf({ properties, patternProperties }: JsonObject): Json {
  const fields = Object.entries(isObject(properties) ? properties : {})
  const keyed = Object.entries(isObject(patternProperties) ? patternProperties : {})
  return Object.fromEntries([
    ...fields.flatMap(([name, schema]) => (isObject(schema) ? [[name, exampleOf(schema)] as const] : [])),
    ...keyed.flatMap(([pattern, schema]) => (isObject(schema) ? [[keyOf(pattern), exampleOf(schema)] as const] : [])),
  ])
}

/** Returns a key for one of the contract's maps: an id, or any name. */
const keyOf = (pattern: string): string =>
  pattern.startsWith('^[0-9a-f]') ? '0195f3a0-7c00-7000-8000-000000000003' : '…'
