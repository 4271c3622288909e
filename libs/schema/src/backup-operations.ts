import { Type } from 'typebox'
import { Bytes } from './ids.ts'
import { limits } from './limits.ts'
import { closed, open, parameters } from './objects.ts'
import { operation } from './operation.ts'

/** The largest `int` of PostgreSQL. */
const maxVersion = 2 ** 31 - 1

/** The operations on the index of the backup. */
export const backupOperations = {
  getBackup: operation({
    method: 'GET',
    path: '/v1/account/backup',
    access: 'device',
    summary: 'Get the version of the backup’s index, and its bytes if the version is above `after`',
    query: parameters({ after: Type.Optional(Type.Integer({ minimum: 0, maximum: maxVersion, examples: [7] })) }),
    response: {
      200: open('AccountBackup', {
        version: Type.Integer({ minimum: 0, maximum: maxVersion, description: '0 when none is stored' }),
        body: Type.Optional(Bytes(limits.maxBackupIndexBytes, 'Sealed by the client; opaque to the server')),
      }),
    },
  }),
  putBackup: operation({
    method: 'PUT',
    path: '/v1/account/backup',
    access: 'device',
    summary: 'Store the next version of the backup’s index; of two devices that send the same version one is rejected',
    body: closed('NewAccountBackup', {
      version: Type.Integer({ minimum: 1, maximum: maxVersion, description: 'The stored version plus 1' }),
      body: Bytes(limits.maxBackupIndexBytes, 'Sealed by the client; opaque to the server'),
    }),
    response: { 200: open('AccountBackupVersion', { version: Type.Integer({ minimum: 1, maximum: maxVersion }) }) },
    errors: ['stale_version'],
  }),
} as const
