import type { DeviceId, UserId } from '@fastchat/schema'
import type { PasswordWork } from '../account/password-work.ts'
import { revokeDevice } from '../account/revoke-device.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { asError, ClientError, isTemporary } from '../errors.ts'
import { readLabel } from '../names.ts'
import type { Api } from '../net/api.ts'
import type { Rest } from '../net/rest.ts'
import { Serial } from '../serial.ts'
import type { Entry, Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { KnownDevices, type SignIn } from './known-devices.ts'
import { ListedDevices } from './listed-devices.ts'
import type { OwnDevice } from './own-device.ts'

type Parts = {
  readonly identity: Identity
  readonly store: Store
  readonly rest: Rest
  readonly api: Pick<Api, 'call'>
  readonly work?: PasswordWork
  readonly conversations: () => readonly Pick<Conversation, 'group'>[]
  /** Tells the application of a device that has signed in. */
  readonly tell: (device: SignIn) => void
  /** Replaces the backup key that the revoked device has. It never rejects. */
  readonly rotate: (accountPrivate: Uint8Array, revoked: DeviceId) => Promise<void>
  /** Removes a device from the groups that this device is in. */
  readonly takeOut?: (deviceId: DeviceId) => void
  /** Tells the other own devices of a revocation. Its statement is base64url. */
  readonly share?: (deviceId: DeviceId, statement: string) => Promise<void>
  /** Looks at the devices that the account key has signed. */
  readonly listed?: (devices: readonly OwnDevice[]) => Promise<void>
  readonly onTrouble: (error: Error) => void
}

/** The devices of this account: list, rename, revoke, and reports of sign-ins. */
export class OwnDevices {
  readonly #parts: Parts
  readonly #serial = new Serial()
  #known: KnownDevices | undefined
  #isDue = false
  #looking: Promise<void> | undefined
  readonly #listed: ListedDevices

  constructor(parts: Parts) {
    this.#parts = parts
    this.#listed = new ListedDevices(parts)
  }

  /** The user whose devices these are. */
  get userId(): UserId {
    return this.#parts.identity.userId
  }

  /** The name of this device. */
  get thisName(): string {
    return this.#listed.thisName
  }

  /**
   * Returns the devices of the account by number. It leaves out a device that the account key has
   * not signed, and reports it.
   */
  async list(): Promise<readonly OwnDevice[]> {
    return await this.#serial.run(async () => {
      const known = await this.#load()
      const devices = await this.#listed.fetch()
      for (const device of await known.see(devices)) this.#parts.tell(device)
      const unseen = new Set(known.unseen.map(({ deviceId }) => deviceId))
      const all = devices
        .map((device) => ({
          ...device,
          number: known.numberOf(device.deviceId) ?? 0,
          isNew: unseen.has(device.deviceId),
        }))
        .toSorted((a, b) => a.number - b.number)
      await this.#parts.listed?.(all)
      return all
    })
  }

  /**
   * Names a device of the account. Only the account's devices can read the name that counts.
   *
   * @throws {ServerError} `not_found`
   * @throws {ClientError} `invalid_name`
   */
  async rename(deviceId: DeviceId, written: string): Promise<void> {
    const name = readLabel(written, 'device')
    await this.#serial.run(async () => {
      const device = (await this.#listed.fetch()).find((one) => one.deviceId === deviceId)
      if (!device) throw new ClientError('unknown_device')
      await this.#listed.name(deviceId, name, device.kind)
      if (device.isThis) await this.#listed.renamed(name)
    })
  }

  /**
   * Revokes a device of this account permanently, this one or another. Its session ends within
   * seconds. This device removes it from the chats at once; elsewhere, the next device that sends.
   *
   * @throws {ServerError} `wrong_credentials`, `not_found`
   * @throws {ClientError} `wrong_vault`, `wrong_account`
   */
  async revoke(deviceId: DeviceId, password: string): Promise<void> {
    const { rest, api, identity, work } = this.#parts
    const rotate = (accountPrivate: Uint8Array) => this.#parts.rotate(accountPrivate, deviceId)
    const statement = await revokeDevice({ rest, api, rotate, ...(work && { work }) }, identity, deviceId, password)
    await this.#parts.share?.(deviceId, statement)
    await this.wasRevoked(deviceId)
  }

  /**
   * Takes a device whose revocation is proven out of the chats of this device. The server could
   * keep the revocation back; it can neither make this commit nor forbid it.
   *
   * @internal
   */
  async wasRevoked(deviceId: DeviceId): Promise<void> {
    await this.#serial.run(async () => (await this.#load()).revoked(deviceId))
    if (deviceId !== this.#parts.identity.deviceId) this.#parts.takeOut?.(deviceId)
  }

  /** Returns the new devices that were not shown on this device yet. */
  async unseen(): Promise<readonly SignIn[]> {
    return await this.#serial.run(async () => (await this.#load()).unseen)
  }

  /** Notes that a person has looked at new devices, so that they are not told again. */
  async looked(deviceIds: readonly DeviceId[]): Promise<void> {
    await this.#serial.run(async () => (await this.#load()).looked(deviceIds))
  }

  /**
   * Looks for new devices, in the chats and at the server. A call during a look makes one more look
   * after it. Never rejects.
   *
   * @internal
   */
  async connected(): Promise<void> {
    this.#isDue = true
    this.#looking ??= this.#lookWhileDue().finally(() => {
      this.#looking = undefined
    })
    await this.#looking
  }

  async #lookWhileDue(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      await this.#look()
    }
  }

  async #look(): Promise<void> {
    try {
      await this.#sawInChats(this.#leaves())
      await this.list()
    } catch (error) {
      // The next connection looks again.
      if (!isTemporary(error) && !(error instanceof ClientError)) this.#parts.onTrouble(asError(error))
    }
  }

  /** Looks at a line of a chat: it may show a new device of this user. Never rejects. @internal */
  async read({ event, from, device }: Entry): Promise<void> {
    const { userId, deviceId } = this.#parts.identity
    const isSignIn = event?.kind === 'device' || event?.kind === 'joined'
    if (!isSignIn || from !== userId || device === undefined || device === deviceId) return
    await this.#serial.run(async () => {
      if ((await this.#load()).isRevoked(device)) this.#listed.tellOnce(device, 'revoked_device_back')
    })
    await this.connected()
  }

  /** Resolves when nothing is under way. @internal */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  /** Notes devices whose credentials were checked when they entered a group. */
  async #sawInChats(deviceIds: readonly DeviceId[]): Promise<boolean> {
    return await this.#serial.run(async () => {
      const known = await this.#load()
      const unknown = deviceIds.filter((id) => known.numberOf(id) === undefined)
      if (unknown.length === 0) return false
      // The list comes first: it has the names. Without a list, the ids are noted.
      const listed = await this.#listed.fetch().catch(() => [])
      // Without a first list, all devices would look new at the next one.
      if (known.isEmpty && listed.length === 0) return false
      const others = unknown.filter((id) => !listed.some(({ deviceId }) => deviceId === id))
      const fresh = await known.see([...listed, ...others.map((deviceId) => ({ deviceId }))])
      for (const device of fresh) this.#parts.tell(device)
      return fresh.length > 0
    })
  }

  /** Returns the devices of this user that have a leaf in a group that this device is in. */
  #leaves(): DeviceId[] {
    const { userId } = this.#parts.identity
    const groups = this.#parts.conversations().flatMap(({ group }) => (group?.isMember ? [group] : []))
    const own = groups.flatMap((group) => group.members().filter((member) => member.userId === userId))
    return [...new Set(own.map(({ deviceId }) => deviceId))]
  }

  async #load(): Promise<KnownDevices> {
    this.#known ??= await KnownDevices.load(this.#parts.store)
    return this.#known
  }
}
