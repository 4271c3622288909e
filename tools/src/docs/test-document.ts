import { isObject, type Json, type JsonObject } from './json.ts'

/** Returns every `$ref` of a document that has no target in it. For tests. */
export function brokenReferences(document: JsonObject): string[] {
  return referencesIn(document).filter((reference) => lookUp(document, reference) === undefined)
}

/** Returns the object at a path of keys. Throws, with that path, when there is none. */
export function at(document: JsonObject, ...keys: string[]): JsonObject {
  const found = walk(document, keys)
  if (!isObject(found)) throw new Error(`the document has no ${keys.join(' › ')}`)
  return found
}

function referencesIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isObject(value)) return []
  const own = typeof value.$ref === 'string' ? [value.$ref] : []
  return [...own, ...Object.values(value).flatMap(referencesIn)]
}

function lookUp(document: JsonObject, reference: string): Json | undefined {
  const [root, ...keys] = reference.split('/')
  return root === '#' ? walk(document, keys) : undefined
}

function walk(document: Json | undefined, keys: readonly string[]): Json | undefined {
  return keys.reduce<Json | undefined>((value, key) => (isObject(value) ? value[key] : undefined), document)
}
