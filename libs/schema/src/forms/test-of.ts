import { isDateTime } from './is-date-time.ts'
import { isObject, type Keywords } from './keywords.ts'

/** Returns whether a value is in the form of a schema. */
export type Test = (value: unknown) => boolean

/**
 * Returns the test of a schema. As in JSON Schema, a keyword for one type says nothing about values
 * of other types.
 *
 * @throws {TypeError} when the schema has a keyword that is not checked here
 */
export function testOf(schema: object): Test {
  // The cast holds because keywords of other names are refused here.
  const keywords = schema as Keywords
  const tests = Object.keys(keywords).flatMap((name): readonly Test[] => {
    if (annotations.has(name)) return []
    const make = makers[name as keyof Keywords]
    if (!make) throw new TypeError(`no form can be made of a schema with the keyword ${name}`)
    return [make(keywords as Required<Keywords>)]
  })
  return (value) => tests.every((test) => test(value))
}

/** Keywords that say nothing about values. Later versions may add to an extensible enum. */
const annotations = new Set(['title', 'description', 'examples', 'default', 'x-extensible-enum'])

const types: Readonly<Record<string, Test>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: Number.isFinite,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
}
const ofNumber =
  (test: (value: number) => boolean): Test =>
  (value) =>
    typeof value !== 'number' || test(value)
const ofString =
  (test: (value: string) => boolean): Test =>
  (value) =>
    typeof value !== 'string' || test(value)
const ofArray =
  (test: (value: readonly unknown[]) => boolean): Test =>
  (value) =>
    !Array.isArray(value) || test(value)
const ofObject =
  (test: (value: Readonly<Record<string, unknown>>) => boolean): Test =>
  (value) =>
    !isObject(value) || test(value)

/** Makes the test of each keyword. Some look at a second keyword of the same schema. */
const makers: { readonly [K in keyof Keywords]-?: (schema: Required<Keywords>) => Test } = {
  type: ({ type }) => known(types, type),
  const: (schema) => (value) => value === schema.const,
  enum: (schema) => (value) => schema.enum.includes(value),
  anyOf: ({ anyOf }) => {
    const tests = anyOf.map(testOf)
    return (value) => tests.some((test) => test(value))
  },
  minimum: ({ minimum }) => ofNumber((value) => value >= minimum),
  maximum: ({ maximum }) => ofNumber((value) => value <= maximum),
  pattern: ({ pattern }) => {
    const form = new RegExp(pattern, 'u')
    return ofString((value) => form.test(value))
  },
  minLength: ({ minLength }) =>
    ofString((value) => value.length >= minLength && lettersOf(value, minLength) >= minLength),
  maxLength: ({ maxLength }) =>
    ofString((value) => value.length <= maxLength || lettersOf(value, maxLength + 1) <= maxLength),
  format: ({ format }) => ofString(known({ 'date-time': isDateTime }, format)),
  items: ({ items }) => {
    if (!isList(items)) {
      const test = testOf(items)
      return ofArray((value) => value.every(test))
    }
    const tests = items.map(testOf)
    return ofArray((value) => tests.every((test, at) => at >= value.length || test(value[at])))
  },
  minItems: ({ minItems }) => ofArray((value) => value.length >= minItems),
  maxItems: ({ maxItems }) => ofArray((value) => value.length <= maxItems),
  additionalItems: ({ items }) => ofArray((value) => !isList(items) || value.length <= items.length),
  uniqueItems: ({ uniqueItems }) => ofArray((value) => !uniqueItems || new Set(value).size === value.length),
  properties: ({ properties, required = [] }) => {
    const tests = Object.entries(properties).map(([name, schema]) => [name, testOf(schema)] as const)
    const mayBeUndefined = (name: string) => !required.includes(name)
    return ofObject((value) =>
      tests.every(
        ([name, test]) =>
          !Object.hasOwn(value, name) || (value[name] === undefined && mayBeUndefined(name)) || test(value[name]),
      ),
    )
  },
  patternProperties: ({ patternProperties }) => {
    const tests = Object.entries(patternProperties).map(
      ([pattern, of]) => [new RegExp(pattern, 'u'), testOf(of)] as const,
    )
    return ofObject((value) =>
      Object.entries(value).every(([name, field]) => tests.every(([form, test]) => !form.test(name) || test(field))),
    )
  },
  required: ({ required }) => ofObject((value) => required.every((name) => Object.hasOwn(value, name))),
  additionalProperties: ({ additionalProperties, properties = {}, patternProperties = {} }) => {
    if (additionalProperties) return () => true
    const forms = Object.keys(patternProperties).map((pattern) => new RegExp(pattern, 'u'))
    return ofObject((value) =>
      Object.keys(value).every((name) => Object.hasOwn(properties, name) || forms.some((form) => form.test(name))),
    )
  },
  maxProperties: ({ maxProperties }) => ofObject((value) => Object.keys(value).length <= maxProperties),
}

const isList = (items: Keywords | readonly Keywords[]): items is readonly Keywords[] => Array.isArray(items)

function known<T>(all: Readonly<Record<string, T>>, name: string): T {
  const one = Object.hasOwn(all, name) ? all[name] : undefined
  if (one === undefined) throw new TypeError(`no form can be made of a schema with ${name}`)
  return one
}

/** Counts code points, and stops at `enough`. */
function lettersOf(text: string, enough: number): number {
  let count = 0
  for (const _ of text) if (++count >= enough) break
  return count
}
