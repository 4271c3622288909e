import { isObject, type Keywords } from './keywords.ts'
import { testOf } from './test-of.ts'

/**
 * Returns a copy of a JSON value with the fields that a schema names, at all depths. What is not in
 * the form of the schema stays as it is, so that the check sees it.
 */
export function cleaned(schema: object, value: unknown): unknown {
  // The cast holds because `formOf` refuses schemas with other keywords.
  const { anyOf, items, properties, patternProperties } = schema as Keywords
  if (anyOf) return cleanedUnion(anyOf, value)
  if (Array.isArray(value)) return items ? cleanedArray(items, value) : value
  if (!isObject(value) || !(properties || patternProperties)) return value
  const patterns = Object.entries(patternProperties ?? {}).map(
    ([pattern, of]) => [new RegExp(pattern, 'u'), of] as const,
  )
  const schemaOf = (name: string): Keywords | undefined =>
    properties && Object.hasOwn(properties, name) ? properties[name] : patterns.find(([form]) => form.test(name))?.[1]
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      const of = schemaOf(name)
      return of ? [[name, cleaned(of, field)]] : []
    }),
  )
}

function cleanedUnion(anyOf: readonly Keywords[], value: unknown): unknown {
  for (const one of anyOf) {
    const clean = cleaned(one, value)
    if (testOf(one)(clean)) return clean
  }
  return value
}

function cleanedArray(items: Keywords | readonly Keywords[], value: readonly unknown[]): readonly unknown[] {
  // A tuple keeps its own places only. The cast follows from the check, which does not narrow a
  // readonly array.
  if (Array.isArray(items))
    return (items as readonly Keywords[]).map((of, at) => cleaned(of, value[at])).slice(0, value.length)
  return value.map((one) => cleaned(items as Keywords, one))
}
