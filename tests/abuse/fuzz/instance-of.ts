import type { Operation } from '@fastchat/schema'
import type { Random } from './random.ts'

/** The keywords of JSON Schema that the contract uses. */
type Schema = {
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly minItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
}

/** Returns a random value that fits the schema. Throws when the schema uses an unknown keyword. */
export function instanceOf(schema: NonNullable<Operation['body']>, random: Random): unknown {
  return make(schema as Schema, random) // every schema of the contract has these keywords only
}

function make(schema: Schema, random: Random): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return random.pick(schema.enum)
  if (schema.anyOf) return make(random.pick(schema.anyOf), random)
  switch (schema.type) {
    case 'object':
      return object(schema, random)
    case 'array':
      return Array.from({ length: (schema.minItems ?? 0) + random.below(3) }, () => make(schema.items ?? {}, random))
    case 'string':
      return string(schema, random)
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = 2 ** 53 - 1 } = schema
      return Math.min(maximum, minimum + random.pick([0, 1, random.below(100), random.below(2 ** 31)]))
    }
    case 'boolean':
      return random.next() < 0.5
    case 'null':
      return null
    default:
      throw new Error(`no instance of ${JSON.stringify(schema).slice(0, 200)}`)
  }
}

function object({ properties = {}, required = [], patternProperties = {} }: Schema, random: Random): unknown {
  const made: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(properties))
    if (required.includes(name) || random.next() < 0.5) made[name] = make(schema, random)
  for (const [pattern, schema] of Object.entries(patternProperties))
    for (let n = random.below(3); n > 0; n--) made[string({ pattern }, random)] = make(schema, random)
  return made
}

function string({ pattern = '', minLength = 0, maxLength = 64 }: Schema, random: Random): string {
  const fits = new RegExp(pattern, 'u')
  const hex = (length: number) => Array.from({ length }, () => random.below(16).toString(16)).join('')
  const candidates = [
    `${hex(8)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`,
    'A'.repeat(Math.max(minLength, random.below(Math.min(maxLength, 200) + 1))),
    'a'.repeat(Math.max(minLength, 1)),
    `${hex(6)}`,
    `https://${hex(8)}.example/${hex(8)}`,
  ].filter((text) => text.length >= minLength && text.length <= maxLength && fits.test(text))
  return random.pick(candidates)
}
