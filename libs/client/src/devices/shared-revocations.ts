import { verifyRevocation } from '@fastchat/crypto/verify'
import { type DeviceId, fromBase64Url } from '@fastchat/schema'
import type { OwnRows } from '../own/own-rows.ts'
import { Serial } from '../serial.ts'
import type { Identity } from '../store/records.ts'

type Port = {
  readonly identity: Pick<Identity, 'userId' | 'deviceId' | 'accountKey'>
  readonly rows: Pick<OwnRows, 'all' | 'set' | 'value' | 'on'>
  readonly failed: (error: Error) => void
}

const prefix = 'revoked/'
const field = 'statement'
/** Revocations that are read. An account has at most 20 devices at a time. */
const maxRevocations = 1_000

/**
 * Carries the revocations of the account's devices from one own device to the others, as own
 * records. So a server that keeps a revocation back keeps it back from nobody whom the records
 * reach. Each is a statement of the account key, so a device that was revoked can make up none.
 */
export class SharedRevocations {
  /** Called for each device that is known to be revoked: when that is learned, and by `again`. */
  learned: (deviceId: DeviceId) => Promise<void> = async () => {}
  readonly #port: Port
  readonly #serial = new Serial()
  readonly #known = new Set<DeviceId>()

  constructor(port: Port) {
    this.#port = port
    port.rows.on('changed', (keys) => this.#look(keys))
  }

  /** Reads the revocations that are stored on this device. */
  start(): void {
    this.#look([...this.#port.rows.all.keys()])
  }

  /** Returns whether a record proves that a device of the account was revoked. */
  has(deviceId: DeviceId): boolean {
    return this.#known.has(deviceId)
  }

  /** Tells the other own devices of a revocation. `statement` is base64url. */
  async share(deviceId: DeviceId, statement: string): Promise<void> {
    await this.#port.rows.set(prefix + deviceId, field, statement)
  }

  /** Acts on all known revocations again: a device may have come back, or be in another chat. */
  again(): void {
    this.#run(async () => {
      for (const deviceId of this.#known) await this.learned(deviceId)
    })
  }

  /** Resolves when all records that are here have been read. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  #look(keys: readonly string[]): void {
    const own = keys.filter((key) => key.startsWith(prefix)).slice(0, maxRevocations)
    if (own.length > 0)
      this.#run(async () => {
        for (const key of own) await this.#take(key)
      })
  }

  #run(work: () => Promise<void>): void {
    this.#serial.run(work).catch(this.#port.failed)
  }

  async #take(key: string): Promise<void> {
    const { rows, identity } = this.#port
    const statement = rows.value(key, field)
    if (typeof statement !== 'string' || this.#known.size >= maxRevocations) return
    const claims = await revocationIn(statement, identity)
    if (claims === undefined || key !== prefix + claims || claims === identity.deviceId || this.has(claims)) return
    this.#known.add(claims)
    await this.learned(claims)
  }
}

/** Returns the device that a statement of this account's key revokes. Undefined for another one. */
async function revocationIn(
  statement: string,
  { userId, accountKey }: Pick<Identity, 'userId' | 'accountKey'>,
): Promise<DeviceId | undefined> {
  try {
    const claims = await verifyRevocation(fromBase64Url(statement))
    const isOurs = claims.userId === userId && sameBytes(claims.accountKey, fromBase64Url(accountKey))
    return isOurs ? claims.deviceId : undefined
  } catch {
    return undefined
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at])
