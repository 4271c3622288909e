import { isObject, type Json, type JsonObject } from './json.ts'

/**
 * A value that fits a schema of the contract: the first of its `examples`, or the least that its keywords allow. Optional
 * fields are shown, too.
 *
 * @throws TypeError for a schema that has neither examples nor keywords that this knows
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

/** Keys of the contract's maps are ids, or any names. */
const keyOf = (pattern: string): string =>
  pattern.startsWith('^[0-9a-f]') ? '0195f3a0-7c00-7000-8000-000000000003' : '…'
