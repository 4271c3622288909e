import { describe, expect, test } from 'vitest'
import { authOperations } from './auth.ts'
import { balancerOperations } from './balancer.ts'
import { chatOperations } from './chat.ts'
import { errors } from './errors.ts'
import { errorsOf, type Operation } from './operation.ts'

const operations: Readonly<Record<string, Operation>> = { ...authOperations, ...balancerOperations, ...chatOperations }

describe.each(Object.entries(operations))('%s', (_, operation) => {
  const codes = errorsOf(operation)

  test('names each of its errors once', () => {
    expect(new Set(codes).size).toBe(codes.length)
    expect(new Set(operation.errors).size).toBe(operation.errors?.length ?? 0)
    for (const code of codes) expect(errors).toHaveProperty(code)
  })

  test('may refuse a token if it takes one', () => {
    expect(codes.includes('token_expired')).toBe(operation.access !== 'public')
  })

  test('answers what it does not find if it names a thing in its path', () => {
    // Uploads make the thing that they name.
    if (operation.params && operation.method !== 'PUT') expect(codes).toContain('not_found')
  })

  test('has names for its body and its success', () => {
    const named = [operation.body, ...Object.values(operation.response)]
    const objects = named.flatMap((schema) => (schema && 'properties' in schema ? [schema] : []))
    for (const schema of objects) expect(schema).toHaveProperty('title')
  })
})
