import { Type } from 'typebox'
import { BackupSegmentIdSchema } from '../backup.ts'
import { limits } from '../limits.ts'
import { closed, open, parameters } from '../objects.ts'
import { operation } from '../operation.ts'

const inPath = parameters({ segment: BackupSegmentIdSchema })
const Bytes = Type.Integer({ minimum: 0 })

/** The operations on the segments of an account's encrypted backup. */
export const backupOperations = {
  putBackupSegment: operation({
    method: 'PUT',
    path: '/v1/backup/segments/:segment',
    access: 'device',
    summary: 'Store a sealed segment of the account’s backup (application/octet-stream); it can’t be replaced',
    params: inPath,
    bytes: 'body',
    response: { 201: open('BackupSegmentStored', { size: Bytes }) },
    errors: ['attachment_too_large', 'conflict', 'quota_exceeded'],
  }),
  getBackupSegment: operation({
    method: 'GET',
    path: '/v1/backup/segments/:segment',
    access: 'device',
    summary: 'Get a sealed segment of the account’s own backup',
    params: inPath,
    bytes: 'response',
    response: { 200: Type.String({ format: 'binary' }) },
    errors: ['not_found'],
  }),
  listBackupSegments: operation({
    method: 'GET',
    path: '/v1/backup/segments',
    access: 'device',
    summary: 'List the segments of the account’s backup in the order of their ids, with the space that all take',
    query: parameters({
      after: Type.Optional(BackupSegmentIdSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxBackupPage })),
    }),
    response: {
      200: open('BackupSegments', {
        segments: Type.Array(
          open('StoredSegment', {
            segment: BackupSegmentIdSchema,
            size: Bytes,
            createdAt: Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] }),
          }),
        ),
        next: Type.Optional(BackupSegmentIdSchema),
        usedBytes: Bytes,
        quotaBytes: Bytes,
      }),
    },
  }),
  deleteBackupSegments: operation({
    method: 'POST',
    path: '/v1/backup/deletions',
    access: 'device',
    summary: 'Delete segments of the account’s own backup; unknown ids count as deleted',
    body: closed('BackupDeletion', {
      segments: Type.Array(BackupSegmentIdSchema, { minItems: 1, maxItems: limits.maxBackupPage }),
    }),
    response: { 204: Type.Null() },
  }),
} as const
