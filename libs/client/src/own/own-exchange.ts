import { deriveRecordKeys, OwnRecordError, openOwnRecord, recordName, sealOwnRecord } from '@fastchat/crypto'
import { authOperations, fromBase64Url, limits, type OwnContents, type OwnRecord, toBase64Url } from '@fastchat/schema'
import type { Sealer } from '../account-state/sealed.ts'
import { ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { Trouble } from '../trouble.ts'
import { decodeOwn, encodeOwn, maxContentsBytes } from './own-contents.ts'
import type { Arrived, OwnProgress, OwnRow, OwnRows } from './own-rows.ts'

export type OwnExchangePort = {
  readonly api: Pick<Api, 'call'>
  tell(trouble: Trouble): void
}

/** Rounds of reading and storing while other devices of the account keep storing first. */
const maxRounds = 64
/** Pages of one list. The server keeps far fewer; one that names always another page is left. */
const maxPages = 2 * Math.ceil(limits.maxOwnRecords / limits.maxOwnRecordsPerPage)
/** The number of troubles that one process reports. */
const maxTold = 100

/** Exchanges own records with the server. Call it from one task at a time. */
export class OwnExchange {
  readonly #sealer: Sealer
  readonly #keys: ReturnType<typeof deriveRecordKeys>
  readonly #rows: OwnRows
  readonly #port: OwnExchangePort
  readonly #told = new Set<string>()
  readonly #named = new Set<string>()
  readonly #keysByName = new Map<string, string>()
  #dbEpoch: string | undefined

  constructor(sealer: Sealer, rows: OwnRows, port: OwnExchangePort) {
    this.#sealer = sealer
    this.#keys = deriveRecordKeys(sealer.stateKey)
    this.#rows = rows
    this.#port = port
  }

  /** Notes the database of the server that this device is connected to. */
  connectedTo(dbEpoch: string): void {
    this.#dbEpoch = dbEpoch
  }

  /**
   * Reads what changed at the server, and stores what this device knows beyond it.
   *
   * @throws the error of the request when the server does not answer
   */
  async run(): Promise<void> {
    let isFetched = false
    for (let round = 0; round < maxRounds; round++) {
      if (!isFetched) await this.#fetch()
      const fresh = [...this.#rows.all].filter(([, { isNew, contents }]) => isNew && this.#fits(contents))
      if (fresh.length === 0) return
      isFetched = await this.#store(fresh.slice(0, limits.maxOwnRecordsPerPut))
    }
  }

  /** Returns whether the database is another one: its changes continue those of an older copy. */
  get #isRestored(): boolean {
    const { dbEpoch } = this.#rows.progress
    return this.#dbEpoch !== undefined && dbEpoch !== undefined && dbEpoch !== this.#dbEpoch
  }

  async #fetch(): Promise<void> {
    const { change: known } = this.#rows.progress
    if (known === 0 || this.#isRestored) return await this.#list(0)
    const isBehind = await this.#list(known).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof ServerForgot)) throw error
        return true
      },
    )
    if (!isBehind) return
    this.#tellOnce('own_records_old', '')
    await this.#list(0)
  }

  /** Merges all records that changed after a number. From 0 on these are all that there are. */
  async #list(start: number): Promise<void> {
    const seen = new Set<string>()
    let after = start
    for (let page = 0; page < maxPages; page++) {
      const { records, change, next } = await this.#port.api.call(authOperations.listOwnRecords, { query: { after } })
      if (start > 0 && change < start) throw new ServerForgot()
      const arrived: Arrived[] = []
      for (const record of records) arrived.push(...(await this.#open(record, start > 0)))
      for (const { key } of arrived) seen.add(key)
      const isLast = next === undefined || next <= after
      after = isLast ? Math.max(change, after) : next
      const progress: OwnProgress = { change: isLast || start > 0 ? after : 0, dbEpoch: this.#dbEpoch }
      await this.#rows.merge(arrived, progress, isLast && start === 0 ? seen : undefined)
      if (isLast) return
    }
  }

  /** Nothing is taken from a record that does not open. The next version replaces it. */
  async #open(record: OwnRecord, isUpdate: boolean): Promise<Arrived[]> {
    const { name, version, body } = record
    const known = this.#keyOf(name)
    try {
      const place = { userId: this.#sealer.userId, name, version }
      const contents = decodeOwn(await openOwnRecord(this.#keys, place, fromBase64Url(body)))
      if (recordName(this.#keys, contents.key) !== name) throw new RangeError('a record under the name of another')
      const { key } = contents
      if (isUpdate && version < (this.#rows.all.get(key)?.version ?? 0)) this.#tellOnce('own_records_old', key)
      return [{ key, version, contents }]
    } catch (error) {
      if (!(error instanceof OwnRecordError || error instanceof RangeError)) throw error
      this.#tellOnce('own_records_wrong', name)
      return known === undefined ? [] : [{ key: known, version, contents: undefined }]
    }
  }

  #keyOf(name: string): string | undefined {
    for (const key of this.#rows.all.keys()) {
      if (this.#named.has(key)) continue
      this.#named.add(key)
      this.#keysByName.set(recordName(this.#keys, key), key)
    }
    return this.#keysByName.get(name)
  }

  /**
   * Stores the next versions of records.
   *
   * @returns whether no other device has stored records since the last fetch
   */
  async #store(fresh: readonly (readonly [string, OwnRow])[]): Promise<boolean> {
    const next = new Map(fresh.map(([key, row]) => [key, { ...row, version: row.version + 1 }]))
    const names = new Map([...next.keys()].map((key) => [recordName(this.#keys, key), key]))
    const records = await Promise.all(
      [...names].map(async ([name, key]) => {
        // The key is one of `next`.
        const { contents, version } = next.get(key) as OwnRow
        const place = { userId: this.#sealer.userId, name, version }
        return { name, version, body: toBase64Url(await sealOwnRecord(this.#keys, place, encodeOwn(contents))) }
      }),
    )
    const answer = await this.#port.api.call(authOperations.putOwnRecords, { body: { records } }).catch(this.#refused)
    for (const name of answer.stale) next.delete(names.get(name) ?? '')
    const { progress } = this.#rows
    const isAlone = answer.stale.length === 0 && answer.change === progress.change + next.size
    await this.#rows.stored(next, isAlone ? { ...progress, change: answer.change } : progress)
    return isAlone
  }

  readonly #refused = (error: unknown): never => {
    if (error instanceof ServerError && error.code === 'records_full') this.#tellOnce('own_records_full', '')
    throw error
  }

  #fits(contents: OwnContents): boolean {
    const fits = encodeOwn(contents).length <= maxContentsBytes
    if (!fits) this.#tellOnce('own_records_full', contents.key)
    return fits
  }

  #tellOnce(code: 'own_records_old' | 'own_records_wrong' | 'own_records_full', what: string): void {
    const told = `${code} ${what}`
    if (this.#told.has(told) || this.#told.size >= maxTold) return
    this.#told.add(told)
    this.#port.tell(new Trouble({ code }, {}))
  }
}

/** The server's changes end before those that this device has read. It never leaves this file. */
class ServerForgot extends Error {}
