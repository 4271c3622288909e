import { BackupError } from '@fastchat/crypto'
import {
  authOperations,
  type BackupHead,
  type BackupIndex,
  type BackupKey,
  type DeviceId,
  type StoredBackup,
  type UserId,
} from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { Trouble } from '../trouble.ts'
import { mergeKeys, openKeys } from './backup-keys.ts'
import { type BackupRecord, deviceOpener, openedOf, putBackup, withOpened } from './backup-record.ts'
import { mergeIndexes } from './index-contents.ts'
import { decodeStored, encodeStored, newestOf, openIndex } from './stored-backup.ts'

export type RemoteIndexPort = {
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly own: { readonly userId: UserId; readonly deviceId: DeviceId }
  /** Returns the newest backup that another device of the account has told of. */
  head(): BackupHead | undefined
  tell(trouble: Trouble): void
}

/** `isGood`: the server has everything that this device has kept. */
type Fetched = { readonly version: number; readonly isGood: boolean }
type TroubleOfIndex = 'backup_old' | 'backup_wrong' | 'backup_full'

/** Attempts to store when other devices of the account keep storing first. */
const maxTries = 8

/**
 * Keeps the index of the backup in step with the server. A covered range never shrinks here. Lines
 * that an older index lacks are reported, and stored again.
 */
export class RemoteIndex {
  readonly #port: RemoteIndexPort
  readonly #told = new Set<string>()
  #record: BackupRecord
  #dbEpoch: string | undefined
  #lacksKey = false

  constructor(record: BackupRecord, port: RemoteIndexPort) {
    this.#record = record
    this.#port = port
  }

  get record(): BackupRecord {
    return this.#record
  }

  /** The number of the newest backup key. */
  get generation(): number {
    return newestOf(this.#record.keys)
  }

  /** The newest backup key. Undefined if this device has none yet. */
  get key(): Uint8Array | undefined {
    const isReplaced = this.generation < (this.#port.head()?.generation ?? 0)
    return this.#lacksKey || isReplaced ? undefined : openedOf(this.#record).get(this.generation)
  }

  /** Returns whether a device of the account has switched the backup off. */
  get isOff(): boolean {
    return this.#record.index.switched?.isOn === false
  }

  keyOf(generation: number): Uint8Array | undefined {
    return openedOf(this.#record).get(generation)
  }

  /** The backup as the account state tells of it. */
  get head(): BackupHead | undefined {
    const { version, index } = this.#record
    return version > 0 && this.key ? { n: index.n, generation: this.generation } : undefined
  }

  connected(dbEpoch: string): void {
    this.#dbEpoch = dbEpoch
  }

  /** Stores what this device remembers. */
  async keep(change: Partial<BackupRecord>): Promise<void> {
    const next = { ...this.#record, ...change, ...(this.#dbEpoch !== undefined && { dbEpoch: this.#dbEpoch }) }
    await this.#port.store.write(putBackup(new Batch(), next).writes)
    this.#record = next
  }

  /**
   * Gets the server's index and merges it. The version is the server's.
   *
   * @throws the error of the request when the server does not answer
   */
  async fetch(): Promise<Fetched> {
    const isRestored = this.#isRestored
    const least = isRestored ? 0 : (this.#port.head()?.n ?? 0)
    const kept = isRestored ? { ...this.#record, version: 0 } : this.#record
    const { version, body } = await this.#port.api.call(authOperations.getBackup, { query: { after: kept.version } })
    if (version <= kept.version || body === undefined) {
      if (version < kept.version || this.#record.index.n < least) this.#tellOnce('backup_old', `${version}`)
      return { version, isGood: version === kept.version && !isRestored }
    }
    try {
      return { version, isGood: await this.#merge(kept, version, decodeStored(body), least) }
    } catch (error) {
      if (!(error instanceof BackupError)) throw error
      this.#tellOnce('backup_wrong', `${version}`)
      return { version, isGood: false }
    }
  }

  /**
   * Gets the index. Stores it again if the server has lost a part of it.
   *
   * @throws the error of the request when the server does not answer
   */
  async refresh(): Promise<void> {
    const { isGood } = await this.fetch()
    if (!isGood && this.key) await this.put((index) => index)
  }

  /**
   * Stores a changed index as the next version, and merges what other devices have stored
   * meanwhile.
   *
   * @returns false when this device lacks the key, or the index is larger than the server takes
   */
  async put(change: (index: BackupIndex) => BackupIndex): Promise<boolean> {
    for (let tries = 0; tries < maxTries; tries++) {
      const { version } = await this.fetch()
      if (!this.key) return false
      const changed = change(this.#record.index)
      const index = { ...changed, n: Math.max(changed.n, this.#port.head()?.n ?? 0) + 1 }
      if (await this.#store(index, version + 1)) return true
    }
    return false
  }

  async #store(index: BackupIndex, version: number): Promise<boolean> {
    const { keys } = this.#record
    const { userId } = this.#port.own
    const body = await encodeStored({ userId, version }, keys, openedOf(this.#record), index)
    try {
      await this.#port.api.call(authOperations.putBackup, { body: { version, body } })
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (error.code === 'stale_version') return false
      if (error.code === 'too_large' || error.code === 'bad_request') this.#tellOnce('backup_full', '')
      throw error
    }
    await this.keep({ version, index })
    return true
  }

  /** Returns whether the server has everything that this device has kept. */
  async #merge(kept: BackupRecord, version: number, stored: StoredBackup, oldest: number): Promise<boolean> {
    const { userId } = this.#port.own
    const least = Math.max(newestOf(kept.keys), this.#port.head()?.generation ?? 0)
    if (newestOf(stored.keys) < least) throw new BackupError('an index under a key that was replaced')
    const opener = deviceOpener(kept, this.#port.own)
    const keys = mergeKeys(kept.keys, stored.keys)
    const next = withOpened({ ...kept, keys }, opener ? await openKeys(opener, stored.keys) : new Map())
    if (!openedOf(next).has(newestOf(stored.keys))) {
      if (opener && !shareKeys(kept.keys, stored.keys)) throw new BackupError('a backup of other devices')
      // Sealed for other devices only, or forged. Nothing is stored over it, and nothing is kept of
      // it. The status says that the password is needed.
      this.#lacksKey = true
      return true
    }
    this.#lacksKey = false
    const theirs = await openIndex({ userId, version }, stored, openedOf(next))
    const { index, lost } = mergeIndexes(theirs, kept.index)
    const isShrunk = lost.length > 0 && kept.version > 0
    if (isShrunk || theirs.n < oldest) this.#tellOnce('backup_old', `${version} lacks`)
    await this.keep({ ...next, index, version })
    return lost.length === 0 && theirs.n >= oldest
  }

  /** Returns whether the server's database is another one, whose versions can't be compared. */
  get #isRestored(): boolean {
    const { dbEpoch } = this.#record
    return this.#dbEpoch !== undefined && dbEpoch !== undefined && this.#dbEpoch !== dbEpoch
  }

  #tellOnce(code: TroubleOfIndex, what: string): void {
    // One process tells each of the three codes at most as often as versions come.
    if (this.#told.has(`${code} ${what}`) || this.#told.size >= maxTold) return
    this.#told.add(`${code} ${what}`)
    this.#port.tell(new Trouble({ code }, {}))
  }
}

/**
 * Returns whether two lists have a sealed key in common. A device that has entered the password
 * knows each key of its account from then.
 */
const shareKeys = (known: readonly BackupKey[], shown: readonly BackupKey[]): boolean =>
  known.some(({ account }) => shown.some((key) => key.account === account))

/** The troubles that one process tells. */
const maxTold = 100
