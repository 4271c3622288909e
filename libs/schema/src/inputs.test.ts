import { describe, expect, test } from 'vitest'
import { authOperations } from './auth.ts'
import { balancerOperations } from './balancer.ts'
import { chatOperations } from './chat.ts'
import { ErrorBodySchema } from './errors.ts'
import { clientFrames, serverFrames } from './frames.ts'
import type { Operation } from './operation.ts'
import { PayloadSchema } from './payload.ts'

/** The keywords of JSON Schema that the contract uses. */
type Schema = {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
  readonly maxProperties?: number
  readonly items?: Schema
  readonly maxItems?: number
  readonly pattern?: string
  readonly maxLength?: number
}

const operations: Readonly<Record<string, Operation>> = { ...authOperations, ...balancerOperations, ...chatOperations }
const ofOperations = Object.entries(operations).flatMap(([name, { params, query, body }]) =>
  Object.entries({ params, query, body }).map(([part, schema]) => [`${part} of ${name}`, schema] as const),
)
const inputs = [
  ...ofOperations,
  ...Object.entries(clientFrames).map(([name, schema]) => [`frame ${name}`, schema] as const),
  ['payload', PayloadSchema] as const,
].filter(([, schema]) => schema !== undefined)

describe.each(inputs)('%s', (_, schema) => {
  test('limits the size of every part and rejects unknown fields', () =>
    expect(unbounded(schema as Schema, '')).toEqual([]))
})

const outputs = [
  ...Object.entries(operations).flatMap(([name, { response }]) =>
    Object.values(response).map((schema) => [`answer of ${name}`, schema] as const),
  ),
  ...Object.entries(serverFrames).map(([name, schema]) => [`frame ${name}`, schema] as const),
  ['error', ErrorBodySchema] as const,
]

describe.each(outputs)('%s', (_, schema) => {
  test('accepts unknown fields in every part', () => expect(closedParts(schema as Schema, '')).toEqual([]))
})

/** Returns the paths of objects that reject unknown fields. */
function closedParts(schema: Schema, path: string): string[] {
  const own = schema.additionalProperties === false ? [path] : []
  const parts = Object.entries({ ...schema.properties, ...schema.patternProperties })
  return [
    ...own,
    ...parts.flatMap(([name, part]) => closedParts(part, `${path}.${name}`)),
    ...(schema.anyOf ?? []).flatMap((option, at) => closedParts(option, `${path}|${at}`)),
    ...(schema.items ? closedParts(schema.items, `${path}[]`) : []),
  ]
}

/** Returns the paths of parts without a size limit and of objects that accept unknown fields. */
function unbounded(schema: Schema, path: string): string[] {
  if (schema.const !== undefined || schema.enum !== undefined) return []
  if (schema.anyOf) return schema.anyOf.flatMap((option, at) => unbounded(option, `${path}|${at}`))
  switch (schema.type) {
    case 'string':
      return schema.maxLength !== undefined || isFinitePattern(schema.pattern) ? [] : [path]
    case 'array':
      return [...(schema.maxItems === undefined ? [path] : []), ...unbounded(schema.items ?? {}, `${path}[]`)]
    case 'object': {
      const isClosed = schema.additionalProperties === false
      const isMap = schema.patternProperties !== undefined
      const parts = Object.entries({ ...schema.properties, ...schema.patternProperties })
      const own = isClosed && (!isMap || schema.maxProperties !== undefined) ? [] : [path]
      return [...own, ...parts.flatMap(([name, part]) => unbounded(part, `${path}.${name}`))]
    }
    default:
      return schema.type === 'integer' || schema.type === 'boolean' ? [] : [path]
  }
}

/** Returns whether a pattern is anchored and has no unlimited repetition. */
function isFinitePattern(pattern = ''): boolean {
  return pattern.startsWith('^') && pattern.endsWith('$') && !/[*+]|,\}/.test(pattern)
}
