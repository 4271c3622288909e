/** A schema as JSON. */
type Schema = { readonly [keyword: string]: unknown }
type Options = Schema | undefined

/** Marks a schema of a field that may be missing. `Type.Object` reads it. */
const optional = Symbol('optional')
const isOptional = (schema: Schema): boolean => optional in schema

/**
 * Makes the schemas of the contract in a page, in the form in which typebox makes them. It knows
 * only the makers that the contract uses. A test compares all schemas.
 */
export const Type = {
  String: (options?: Options): Schema => ({ type: 'string', ...options }),
  Integer: (options?: Options): Schema => ({ type: 'integer', ...options }),
  Boolean: (options?: Options): Schema => ({ type: 'boolean', ...options }),
  Null: (options?: Options): Schema => ({ type: 'null', ...options }),
  Unknown: (options?: Options): Schema => ({ ...options }),
  Unsafe: (schema: Schema): Schema => schema,
  Literal: (value: string | number | boolean, options?: Options): Schema => ({
    type: typeof value,
    const: value,
    ...options,
  }),
  Optional: (schema: Schema): Schema => Object.defineProperty({ ...schema }, optional, { value: true }),
  Union: (anyOf: readonly Schema[], options?: Options): Schema => ({ anyOf, ...options }),
  Array: (items: Schema, options?: Options): Schema => ({ type: 'array', items, ...options }),
  Tuple: (items: readonly Schema[], options?: Options): Schema => ({
    type: 'array',
    additionalItems: false,
    items,
    minItems: items.length,
    ...options,
  }),
  Record: (key: Schema, value: Schema, options?: Options): Schema => ({
    type: 'object',
    patternProperties: { [typeof key.pattern === 'string' ? key.pattern : '^.*$']: value },
    ...options,
  }),
  Object: (properties: Readonly<Record<string, Schema>>, options?: Options): Schema => {
    const required = Object.keys(properties).filter((name) => !isOptional(properties[name] ?? {}))
    return { type: 'object', ...(required.length > 0 && { required }), properties, ...options }
  },
}
