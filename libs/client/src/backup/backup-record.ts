import {
  type BackupIndex,
  type BackupKey,
  type DeviceId,
  fromBase64Url,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { type Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { emptyIndex } from './index-contents.ts'
import type { OpenKeys } from './stored-backup.ts'

/** A device remembers this of the backup between two runs. Keys are base64url. */
export type BackupRecord = {
  /** The version of the server that `index` has seen last; 0 before the first. */
  readonly version: number
  readonly index: BackupIndex
  /** The sealed keys, as the server keeps them. */
  readonly keys: readonly BackupKey[]
  /** The backup keys that this device has opened, by generation. */
  readonly opened: Readonly<Record<string, string>>
  /** Opens new backup keys. Absent on a device that signed in before there were backups. */
  readonly deviceKey?: string
  /** Segments that are no longer in the index, or are not in it yet. They are deleted later. */
  readonly unlisted?: readonly string[]
  readonly dbEpoch?: string
  /** When this device has stored something in the backup last. */
  readonly savedAt?: number
}

const metaKey = 'backup'
const emptyBackup: BackupRecord = { version: 0, index: emptyIndex, keys: [], opened: {} }

export const readBackup = async (store: Store): Promise<BackupRecord> =>
  (await getRecord<BackupRecord>(store, 'meta', metaKey)) ?? emptyBackup

export const putBackup = (batch: Batch, record: BackupRecord): Batch => batch.put('meta', metaKey, record)

/** Returns the backup keys that a record holds. */
export const openedOf = ({ opened }: Pick<BackupRecord, 'opened'>): OpenKeys =>
  new Map(Object.entries(opened).map(([generation, key]) => [Number(generation), fromBase64Url(key)]))

/** Returns a record with more opened keys. A key that is there already stays. */
export function withOpened(record: BackupRecord, opened: OpenKeys): BackupRecord {
  const added = Object.fromEntries([...opened].map(([generation, key]) => [generation, toBase64Url(key)]))
  return { ...record, opened: { ...added, ...record.opened } }
}

/** Returns how this device opens new backup keys, if it can. */
export const deviceOpener = (
  { deviceKey }: BackupRecord,
  own: { readonly userId: UserId; readonly deviceId: DeviceId },
) =>
  deviceKey === undefined
    ? undefined
    : { userId: own.userId, device: own.deviceId, wrappingKey: fromBase64Url(deviceKey) }
