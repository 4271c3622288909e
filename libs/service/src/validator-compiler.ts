import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

/**
 * Compiles TypeBox checks that change nothing in a body. Parameters and queries arrive as text, so
 * whole numbers in them are parsed first. The type provider's own conversion does not see through
 * the branded number types of the contract.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) => {
  const check = TypeBoxValidatorCompiler(route)
  if (route.httpPart === 'body') return check
  const numbers = integerNames(route.schema)
  return (value: unknown) => check(readIntegers(value, numbers))
}

function integerNames(schema: TSchema): readonly string[] {
  const { properties = {} } = schema as { properties?: Record<string, { type?: unknown }> }
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
}

function readIntegers(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  const read: Record<string, unknown> = { ...value }
  for (const name of names) {
    const text = read[name]
    if (typeof text === 'string' && /^\d{1,16}$/.test(text)) read[name] = Number(text)
  }
  return read
}
