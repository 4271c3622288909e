import { type TObject, type TProperties, Type } from 'typebox'

type Options = { readonly description?: string }

/**
 * An object that is sent to a service. Unknown fields are rejected: a misspelt one would be ignored otherwise.
 * `title` names it in the documents.
 */
export const closed = <P extends TProperties>(title: string, fields: P, options: Options = {}): TObject<P> =>
  Type.Object(fields, { ...options, title, additionalProperties: false })

/** The parts of a path or query, which have no name in the documents. */
export const parameters = <P extends TProperties>(fields: P): TObject<P> =>
  Type.Object(fields, { additionalProperties: false })

/** An object that a service sends. Clients ignore fields that they do not know, so that it can grow. */
export const open = <P extends TProperties>(title: string, fields: P, options: Options = {}): TObject<P> =>
  Type.Object(fields, { ...options, title })
