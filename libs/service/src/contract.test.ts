import { authOperations, balancerOperations, chatOperations, ErrorBodySchema, type Operation } from '@fastchat/schema'
import fastify from 'fastify'
import type { TSchema } from 'typebox'
import { describe, expect, test } from 'vitest'

/**
 * The schemas of answers are open, so that clients accept more. A service still cuts each answer to
 * the declared fields.
 */
const operations: Readonly<Record<string, Operation>> = { ...authOperations, ...balancerOperations, ...chatOperations }
const answers = Object.entries(operations).flatMap(([name, { response, bytes }]) =>
  Object.entries(response).flatMap(([status, schema]) =>
    bytes === 'response' || status === '204' ? [] : [{ name, schema: schema as Schema }],
  ),
)

type Schema = TSchema & {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: unknown
  readonly items?: Schema
}

const secret = 'never-declared'

/** Makes a value of the schema with an extra field in every object. */
function swollen({ type, const: constant, anyOf, properties, patternProperties, items }: Schema): unknown {
  if (constant !== undefined) return constant
  if (anyOf?.[0]) return swollen(anyOf[0])
  if (type === 'array') return items ? [swollen(items)] : []
  if (type === 'integer') return 1
  if (type === 'boolean') return true
  if (type !== 'object') return 'text'
  // A map with free keys has no extra field.
  if (patternProperties !== undefined) return { any: 1 }
  const fields = Object.entries(properties ?? {}).map(([name, schema]) => [name, swollen(schema)])
  return { ...Object.fromEntries(fields), secret, __proto__: { inherited: secret } }
}

describe.each([...answers, { name: 'a refusal', schema: ErrorBodySchema as Schema }])('$name', ({ schema }) => {
  test('never carries an undeclared field', async () => {
    const app = fastify()
    app.get('/', { schema: { response: { 200: schema } } }, async () => swollen(schema))
    const { body, statusCode } = await app.inject('/')
    await app.close()
    expect(statusCode).toBe(200)
    expect(body).not.toContain(secret)
    expect(new Set(Object.keys(JSON.parse(body)))).toEqual(new Set(Object.keys(schema.properties ?? {})))
  })
})
