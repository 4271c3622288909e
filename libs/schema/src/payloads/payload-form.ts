import { type TProperties, Type } from 'typebox'
import { closed } from '../objects.ts'

export const maxTextLetters = 8_000

/** Describes a payload of one kind. */
export const payload = <const K extends string, P extends TProperties>(kind: K, description: string, fields: P) =>
  closed(kind, { v: Type.Literal(1), kind: Type.Literal(kind), ...fields }, { description })
