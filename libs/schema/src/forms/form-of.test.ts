import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Check, Clean } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { arbitraryOf, spoilt } from '../../testing/values-of.ts'
import * as contract from '../index.ts'
import { formOf } from './form-of.ts'
import type { Keywords } from './keywords.ts'

/** All schemas that the contract exports, without those of operations, by their way. */
const schemas = new Map<string, TSchema>()
function collect(way: string, value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  if ('type' in value || 'anyOf' in value || 'enum' in value) schemas.set(way, value)
  else if (depth > 0) for (const [name, each] of Object.entries(value)) collect(`${way}.${name}`, each, depth - 1)
}
for (const [name, value] of Object.entries(contract)) if (!name.endsWith('Operations')) collect(name, value, 1)

test('the contract has the schemas that this test is about', () => {
  expect([...schemas.keys()]).toEqual(expect.arrayContaining(['payloads.text', 'serverFrames.message', 'RosterSchema']))
  expect(schemas.size).toBeGreaterThan(60)
})

describe('a form accepts what typebox accepts', () => {
  test.each([...schemas])('%s', (_, schema) => {
    const form = formOf(schema)
    const valid = arbitraryOf(schema as Keywords)
    fc.assert(
      fc.property(valid, spoilt(valid), fc.jsonValue(), (good, bad, any) => {
        expect(Check(schema, good)).toBe(true)
        for (const value of [good, bad, any]) expect(form.accepts(value)).toBe(Check(schema, value))
      }),
      { numRuns: 20 },
    )
  })
})

// Only payloads and names of devices are cleaned. typebox fails at an array in place of a record.
const cleanedOnes = [...schemas].filter(([way]) => way.startsWith('payloads.') || way === 'DeviceLabelSchema')

describe('a form cleans as typebox does', () => {
  test.each(cleanedOnes)('%s', (_, schema) => {
    const form = formOf(schema)
    const valid = arbitraryOf(schema as Keywords)
    fc.assert(
      fc.property(fc.oneof(valid, spoilt(valid), fc.jsonValue()), (value) => {
        const [ours, theirs] = [form.clean(value), Clean(schema, structuredClone(value))]
        expect(form.accepts(ours)).toBe(Check(schema, theirs))
        if (form.accepts(ours)) expect(ours).toEqual(theirs)
      }),
    )
  })
})

test('a schema with a keyword that nothing checks makes no form', () => {
  expect(() => formOf({ type: 'string', contentEncoding: 'base64' })).toThrow(/keyword contentEncoding/)
  expect(() => formOf({ type: 'object', properties: { a: { multipleOf: 2 } } })).toThrow(/keyword multipleOf/)
  expect(() => formOf({ type: 'string', format: 'uri' })).toThrow(/uri/)
  expect(() => formOf({ type: 'bigint' })).toThrow(/bigint/)
})

test.each([
  '2024-02-29T23:59:59Z',
  '2023-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2000-02-29T00:00:00.123+01:30',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-04-30T24:00:00Z',
  '2026-04-30T00:60:00Z',
  '2026-04-30T00:00:00',
  '2026-04-30 00:00:00Z',
  '2026-04-30t00:00:00z',
  '2026-04-30T00:00:00+24:00',
  '2026-04-30',
])('the time %s is judged as typebox judges it', (time) => {
  const schema = { type: 'string', format: 'date-time' }
  expect(formOf(schema).accepts(time)).toBe(Check(schema, time))
})

test('lengths count code points, and fields of the prototype are no fields', () => {
  expect(formOf({ type: 'string', maxLength: 2 }).accepts('👍👍')).toBe(true)
  expect(formOf({ type: 'string', maxLength: 2 }).accepts('👍👍👍')).toBe(false)
  expect(formOf({ type: 'string', minLength: 2 }).accepts('👍')).toBe(false)
  const closed = { type: 'object', properties: {}, additionalProperties: false }
  expect(formOf(closed).accepts(JSON.parse('{"__proto__":1}'))).toBe(false)
  expect(formOf(closed).clean(JSON.parse('{"__proto__":1,"constructor":2}'))).toEqual({})
})
