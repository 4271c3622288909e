/** The keywords of JSON Schema that the schemas of the contract use. */
export type Keywords = {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Keywords[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly format?: string
  readonly items?: Keywords | readonly Keywords[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly additionalItems?: false
  /** Its items are text or numbers. */
  readonly uniqueItems?: boolean
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly patternProperties?: Readonly<Record<string, Keywords>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly maxProperties?: number
}

/** Returns whether a value is an object and no array. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
