import { type Static, Type } from 'typebox'
import { Bytes, FixedBytes } from './ids.ts'
import { limits } from './limits.ts'
import { closed, open, parameters } from './objects.ts'
import { operation } from './operation.ts'

/** The largest `int` of PostgreSQL. */
const maxVersion = 2 ** 31 - 1
const VersionSchema = Type.Integer({ minimum: 1, maximum: maxVersion, description: 'Counts the versions of a record' })
const ChangeSchema = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })
const NameSchema = FixedBytes(16, 'The name of a record, which tells the server nothing')
const BodySchema = Bytes(limits.maxOwnRecordBytes, 'Sealed by the client; opaque to the server')

/** A record that the devices of one account share, as the server keeps it. */
export const OwnRecordSchema = open('OwnRecord', {
  name: NameSchema,
  version: VersionSchema,
  change: ChangeSchema('The number of the change that stored this version'),
  body: BodySchema,
})
export type OwnRecord = Static<typeof OwnRecordSchema>

export const ownRecordOperations = {
  listOwnRecords: operation({
    method: 'GET',
    path: '/v1/account/records',
    access: 'device',
    summary: 'List the own records that changed after a change number, in the order of their changes, a page at a time',
    query: parameters({
      after: Type.Optional(ChangeSchema('The last change number that the device has seen')),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxOwnRecordsPerPage })),
    }),
    response: {
      200: open('OwnRecordPage', {
        records: Type.Array(OwnRecordSchema),
        change: ChangeSchema('The number of the last change of the account; 0 before the first'),
        next: Type.Optional(ChangeSchema('`after` of the next page, if there is one')),
      }),
    },
  }),
  putOwnRecords: operation({
    method: 'PUT',
    path: '/v1/account/records',
    access: 'device',
    summary: 'Store the next versions of own records; a record of which another version is stored is left alone',
    description:
      'Each record is stored or not by itself. `stale` names those of which the stored version is not the one before: fetch them, merge, and store the next version.',
    body: closed('NewOwnRecords', {
      records: Type.Array(
        closed('NewOwnRecord', {
          name: NameSchema,
          version: Type.Integer({ minimum: 1, maximum: maxVersion, description: 'The stored version plus 1' }),
          body: BodySchema,
        }),
        { minItems: 1, maxItems: limits.maxOwnRecordsPerPut },
      ),
    }),
    response: {
      200: open('OwnRecordsStored', {
        change: ChangeSchema('The number of the last change of the account'),
        stale: Type.Array(NameSchema),
      }),
    },
    errors: ['records_full'],
  }),
} as const

/** The largest `n` of a stamp. Above it a counter could end, so readers refuse such a record. */
export const maxStamp = 2 ** 52

/** A value that the last writer sets; see docs/encodings.md. Without `x` it was cleared. */
export const StampedSchema = open('Stamped', {
  n: Type.Integer({ minimum: 0, maximum: maxStamp }),
  d: Type.String({ maxLength: 64 }),
  x: Type.Optional(Type.Unknown()),
})
export type Stamped = Static<typeof StampedSchema>

/** The names of fields. A record with another name is refused by all devices. */
export const ownFieldPattern = '^[a-z][A-Za-z0-9_-]{0,63}$'

/**
 * The contents of an own record, as JSON. The server sees them sealed only. A device that writes
 * them keeps the fields that it does not know.
 */
export const OwnContentsSchema = open('OwnContents', {
  v: Type.Literal(1),
  key: Type.String({ minLength: 1, maxLength: 128 }),
  read: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  fields: Type.Record(Type.String({ pattern: ownFieldPattern }), StampedSchema, {
    additionalProperties: false,
  }),
})
export type OwnContents = Static<typeof OwnContentsSchema>
