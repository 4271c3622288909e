import { authOperations, limits } from '@fastchat/schema'
import { bind, type Server, toBase64Url } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { limitBytesByUser, limitByUser } from './limit-by-user.ts'
import { bytesOf } from './wire.ts'

/** The letters of one record beside its body: the field names, the name and the version. */
const recordLetters = 96
/** The largest batch of records in base64url. */
const bodyLimit = limits.maxOwnRecordsPerPut * (Math.ceil((limits.maxOwnRecordBytes * 4) / 3) + recordLetters)

export function bindOwnRecords(
  server: Server,
  deps: Pick<Deps, 'ownRecords' | 'pushAccount' | 'recordReads' | 'recordPuts' | 'recordPutBytes'>,
): void {
  const { ownRecords, pushAccount, recordReads, recordPuts, recordPutBytes } = deps

  bind(
    server,
    authOperations.listOwnRecords,
    async ({ actor, query: { after = 0, limit = limits.maxOwnRecordsPerPage } }) => {
      const { records, ...page } = await ownRecords.list(actor, after, limit)
      return {
        ...page,
        records: records.map(({ name, body, ...record }) => ({
          ...record,
          name: toBase64Url(name),
          body: toBase64Url(body),
        })),
      }
    },
    { onRequest: limitByUser(recordReads) },
  )

  bind(
    server,
    authOperations.putOwnRecords,
    async ({ actor, body }) => {
      const records = body.records.map((record, at) => ({
        version: record.version,
        name: bytesOf(record.name, `/records/${at}/name`),
        body: bytesOf(record.body, `/records/${at}/body`),
      }))
      const { change, stale } = await ownRecords.put(actor, records)
      if (stale.length < records.length) pushAccount(actor.userId, 'records', actor.deviceId)
      return { change, stale: stale.map((name) => toBase64Url(name)) }
    },
    { bodyLimit, onRequest: [limitByUser(recordPuts), limitBytesByUser(recordPutBytes, bodyLimit)] },
  )
}
