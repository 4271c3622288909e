import { type PasswordNoteClaims, type PasswordWay, verifyPasswordNote } from '@fastchat/crypto/verify'
import { authOperations, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { Emitter } from '../emitter.ts'
import type { Api } from '../net/api.ts'
import { Serial } from '../serial.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** A password that was set on another device, or by somebody else. */
export type PasswordChange = {
  /** `recovery`: with the recovery key, so by a person who need not have known the password. */
  readonly by: PasswordWay
  /** It grows with each change. */
  readonly version: number
}

type Port = {
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly identity: Pick<Identity, 'userId' | 'accountKey'>
}

/** The changes of the password that this device knows. */
type NewsRecord = {
  /** The highest version of which it has seen a note that the account key signed. */
  readonly version: number
  /** The note that this device itself has sent last. */
  readonly own?: string
  /** A change at which nobody has looked. */
  readonly unseen?: PasswordChange
}
const key = 'passwordNews'

/**
 * Tells when the account gets another password elsewhere. It believes notes of the account key
 * alone, each once, so a server can make up no change and repeat none. It can keep a note back.
 */
export class PasswordNews extends Emitter<{ changed: PasswordChange }> {
  readonly #port: Port
  readonly #serial = new Serial()

  constructor(port: Port) {
    super()
    this.#port = port
  }

  /** Looks for a change at the server. The next connection makes up for a failed look. */
  async look(): Promise<void> {
    await this.#serial.run(async () => {
      const { note } = await this.#port.api.call(authOperations.getPasswordNote, {})
      const known = await this.#read()
      const claims = note === undefined ? undefined : await this.#verified(note)
      // A change that the first look shows was made before this device, or by an older program.
      if (!known) return await this.#keep({ version: claims?.version ?? 0 })
      if (!claims || claims.version <= known.version) return
      const { version, by } = claims
      const isOwn = note === known.own
      await this.#keep({ ...known, version, ...(!isOwn && { unseen: { by, version } }) })
      if (!isOwn) this.emit('changed', { by, version })
    })
  }

  /** Stores a note that this device is about to send, so that it is no news here. */
  async expect(own: string): Promise<void> {
    await this.#serial.run(async () => await this.#keep({ version: 0, ...(await this.#read()), own }))
  }

  /** Returns the last change at which nobody has looked on this device. */
  async unseen(): Promise<PasswordChange | undefined> {
    return await this.#serial.run(async () => (await this.#read())?.unseen)
  }

  /** Notes that a person has looked at the last change, so that it is not told again. */
  async looked(): Promise<void> {
    await this.#serial.run(async () => {
      const known = await this.#read()
      if (!known?.unseen) return
      const { unseen: _, ...rest } = known
      await this.#keep(rest)
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  async #verified(note: string): Promise<PasswordNoteClaims | undefined> {
    const { userId, accountKey } = this.#port.identity
    try {
      const claims = await verifyPasswordNote(fromBase64Url(note))
      return claims.userId === userId && toBase64Url(claims.accountKey) === accountKey ? claims : undefined
    } catch {
      return undefined
    }
  }

  async #read(): Promise<NewsRecord | undefined> {
    return await getRecord<NewsRecord>(this.#port.store, 'meta', key)
  }

  async #keep(record: NewsRecord): Promise<void> {
    await this.#port.store.write(new Batch().put('meta', key, record).writes)
  }
}
