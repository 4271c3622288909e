import type { DeviceId, UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/** A record that the devices of an account share. They seal it, so the server cannot read it. */
export type StoredRecord = {
  readonly name: Uint8Array
  readonly version: number
  /** The number of the account's change that stored this version. */
  readonly change: number
  readonly body: Uint8Array
}

export type NewRecord = Omit<StoredRecord, 'change'>

/** Records in the order of their changes, and the number of the account's last change. */
export type RecordPage = { readonly records: readonly StoredRecord[]; readonly change: number }

type Owner = { readonly userId: UserId; readonly deviceId: DeviceId }

export type OwnRecordStore = {
  /**
   * Returns the records that changed after a number, at most `limit`. Returns undefined if there is
   * no such device, or its account was deleted.
   */
  list(owner: Owner, after: number, limit: number): Promise<RecordPage | undefined>
  /** Stores each record whose version follows the stored one; the others are `stale`. */
  put(
    owner: Owner,
    records: readonly NewRecord[],
    max: number,
  ): Promise<{ readonly change: number; readonly stale: readonly Uint8Array[] } | 'no_owner' | 'full'>
}

export type OwnRecords = {
  /** Returns a page, and where the next one begins. @throws AppError `unauthorized` */
  list(owner: Owner, after: number, limit: number): Promise<RecordPage & { readonly next?: number }>
  /** Stores records, each by itself. @throws AppError `records_full`, `unauthorized` */
  put(
    owner: Owner,
    records: readonly NewRecord[],
  ): Promise<{ readonly change: number; readonly stale: readonly Uint8Array[] }>
}

/**
 * Keeps the own records of accounts, at most `max` for each. An access token outlives its device
 * and its account by some minutes, so each call checks both.
 */
export function createOwnRecords({ store, max }: { readonly store: OwnRecordStore; readonly max: number }): OwnRecords {
  return {
    async list(owner, after, limit) {
      const page = await store.list(owner, after, limit)
      if (page === undefined) throw new AppError('unauthorized')
      const last = page.records.at(-1)
      return page.records.length === limit && last ? { ...page, next: last.change } : page
    },
    async put(owner, records) {
      const outcome = await store.put(owner, records, max)
      if (outcome === 'no_owner') throw new AppError('unauthorized')
      if (outcome === 'full') throw new AppError('records_full', { limit: 'maxOwnRecords', max })
      return outcome
    },
  }
}
