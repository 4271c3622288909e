import fc, { type Arbitrary } from 'fast-check'
import type { Keywords } from '../src/forms/keywords.ts'

/** Values in the form of a schema, at the edges of its limits now and then. */
export function arbitraryOf(schema: Keywords): Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(arbitraryOf))
  const make = schema.type === undefined ? undefined : makers[schema.type]
  return make ? make(schema) : fc.jsonValue()
}

/** Values that differ from valid ones in one place. Most of them are wrong. */
export const spoilt = (valid: Arbitrary<unknown>): Arbitrary<unknown> =>
  fc
    .tuple(valid, fc.nat(), fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0.5, 2 ** 53, '', 'é👍', null)))
    .map(([value, at, other]) => spoil(structuredClone(value), at, other))

function spoil(value: unknown, at: number, other: unknown): unknown {
  if (typeof value === 'string') return at % 3 === 0 ? `${value}x` : at % 3 === 1 ? value.slice(1) : other
  if (typeof value !== 'object' || value === null || at % 7 === 0) return other
  if (Array.isArray(value)) {
    if (value.length === 0 || at % 5 === 0) return [...value, other]
    return value.map((one, index) => (index === at % value.length ? spoil(one, at >> 3, other) : one))
  }
  const names = Object.keys(value)
  const name = names[at % (names.length + 1)]
  if (name === undefined) return { ...value, spare: other }
  const { [name]: field, ...rest } = value as Record<string, unknown>
  return at % 4 === 0 ? rest : { ...rest, [name]: spoil(field, at >> 3, other) }
}

const makers: Readonly<Record<string, (schema: Keywords) => Arbitrary<unknown>>> = {
  null: () => fc.constant(null),
  boolean: () => fc.boolean(),
  integer: ({ minimum = -(2 ** 31), maximum = 2 ** 31 }) =>
    fc.maxSafeInteger().map((n) => minimum + (Math.abs(n) % (maximum - minimum + 1))),
  string: ({ pattern, format, minLength = 0, maxLength = 64 }) => {
    if (format === 'date-time')
      return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString())
    const letters = { minLength, maxLength: Math.min(maxLength, minLength + 40) }
    if (pattern === undefined) return fc.string({ ...letters, unit: 'grapheme-ascii' })
    return fc.stringMatching(new RegExp(pattern, 'u')).filter((text) => {
      const count = [...text].length
      return count >= minLength && count <= maxLength
    })
  },
  array: ({ items = {}, minItems = 0, maxItems = minItems + 4, uniqueItems = false }) => {
    if (isList(items)) return fc.tuple(...items.map(arbitraryOf))
    const lengths = { minLength: minItems, maxLength: Math.min(maxItems, minItems + 4) }
    return uniqueItems ? fc.uniqueArray(arbitraryOf(items), lengths) : fc.array(arbitraryOf(items), lengths)
  },
  object: ({ properties = {}, required = [], patternProperties = {} }) => {
    const fields = Object.fromEntries(Object.entries(properties).map(([name, of]) => [name, arbitraryOf(of)]))
    const named = fc.record(fields, { requiredKeys: [...required] })
    const [pattern] = Object.entries(patternProperties)
    if (!pattern) return named
    return fc.dictionary(fc.stringMatching(new RegExp(pattern[0], 'u')), arbitraryOf(pattern[1]), { maxKeys: 3 })
  },
}

const isList = (items: Keywords | readonly Keywords[]): items is readonly Keywords[] => Array.isArray(items)
