import type { Static, TSchema } from 'typebox'
import { cleaned } from './cleaned.ts'
import { testOf } from './test-of.ts'

/** A check of values that come from outside, made of one schema of the contract. */
export type Form<T> = {
  /** Returns whether a value is in this form. A closed schema allows no unknown fields. */
  accepts(value: unknown): value is T
  /** Returns a copy of a JSON value without the fields that the schema does not know. */
  clean(value: unknown): unknown
}

/**
 * Returns the check of a schema. It makes no code at run time, which the security policy of a page
 * forbids, and it is small. Tests compare it with typebox.
 *
 * @throws {TypeError} when the schema has a keyword that is not checked here
 */
export function formOf<T extends TSchema>(schema: T): Form<Static<T>> {
  const test = testOf(schema)
  return {
    // The cast holds because the test follows the schema, from which the type is made.
    accepts: (value): value is Static<T> => test(value),
    clean: (value) => cleaned(schema, value),
  }
}
