import { describe, expect, test } from 'vitest'
import { authOperations } from './auth.ts'
import { balancerOperations } from './balancer.ts'
import { chatOperations } from './chat.ts'
import { errors } from './errors.ts'
import { errorsOf, type Operation } from './operation.ts'

const operations: Readonly<Record<string, Operation>> = { ...authOperations, ...balancerOperations, ...chatOperations }

describe.each(Object.entries(operations))('%s', (_, operation) => {
  const codes = errorsOf(operation)

  test('lists each of its errors once', () => {
    expect(new Set(codes).size).toBe(codes.length)
    expect(new Set(operation.errors).size).toBe(operation.errors?.length ?? 0)
    for (const code of codes) expect(errors).toHaveProperty(code)
  })

  test('can answer token_expired if and only if it takes a token', () => {
    expect(codes.includes('token_expired')).toBe(operation.access !== 'public')
  })

  test('can answer not_found if its path has parameters', () => {
    // An upload creates the attachment that its path names.
    if (operation.params && operation.method !== 'PUT') expect(codes).toContain('not_found')
  })

  test('names its body and its answer for the documents', () => {
    const named = [operation.body, ...Object.values(operation.response)]
    const objects = named.flatMap((schema) => (schema && 'properties' in schema ? [schema] : []))
    for (const schema of objects) expect(schema).toHaveProperty('title')
  })
})
