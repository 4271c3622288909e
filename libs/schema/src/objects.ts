import { type TObject, type TProperties, Type } from 'typebox'

type Options = { readonly description?: string }

/**
 * Describes an object that a client sends to a service. Unknown fields are rejected, because a
 * misspelt field would otherwise be ignored. `title` names the object in the documents.
 */
export const closed = <P extends TProperties>(title: string, fields: P, options: Options = {}): TObject<P> =>
  Type.Object(fields, { ...options, title, additionalProperties: false })

/** Describes the parameters of a path or query. They have no name in the documents. */
export const parameters = <P extends TProperties>(fields: P): TObject<P> =>
  Type.Object(fields, { additionalProperties: false })

/** Describes an object that a service sends. It can grow: clients ignore unknown fields. */
export const open = <P extends TProperties>(title: string, fields: P, options: Options = {}): TObject<P> =>
  Type.Object(fields, { ...options, title })
