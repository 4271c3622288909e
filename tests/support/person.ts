import { Client, createRest, type Entry, logIn, type Store, signIn, signUp, Trouble } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import type { DeviceIdentity } from '@fastchat/crypto'
import { authOperations, type ConversationId, fromBase64Url, type MessageId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'

/** One password for all: what it derives differs by salt. Long enough to be looked for in what servers keep. */
export const password = 'correct horse battery staple'

/** Signing in, joining and catching up on a busy machine. */
const settleMs = 30_000
/** Storing one message or one change, with a server that comes back meanwhile: a test that waits longer says for what. */
const storeMs = 90_000

/** Alarms that devices of this test file were told of: where everybody is honest there are none. */
export const raisedAlarms: string[] = []

/** Where a person's device keeps its keys, and the pod that it is on when that matters. */
export type Machine = { readonly store?: Store; readonly pod?: string }

/** A device of a person, driven as an application would drive it. */
export class Person {
  readonly client: Client
  readonly name: string
  readonly store: Store
  readonly shown: Entry[] = []
  readonly troubles: Error[] = []

  constructor(name: string, client: Client, store: Store) {
    this.name = name
    this.client = client
    this.store = store
    client.on('entry', (entry) => this.shown.push(entry))
    client.on('trouble', (error) => {
      this.troubles.push(error)
      if (error instanceof Trouble) raisedAlarms.push(`${name} at ${error.details.seq}: ${error.message}`)
    })
  }

  get id() {
    return this.client.identity.userId
  }

  static async signUp(url: string, name: string, options: Machine = {}): Promise<Person> {
    const store = options.store ?? memoryStore()
    await signIn(url, store, await signUp(createRest(url), name, password), `${name}'s machine`)
    return await Person.open(url, name, { ...options, store })
  }

  /** A further machine of somebody who has an account. */
  static async logIn(url: string, name: string, options: Machine = {}): Promise<Person> {
    const store = options.store ?? memoryStore()
    await signIn(url, store, await logIn(createRest(url), name, password), `${name}'s other machine`)
    return await Person.open(url, name, { ...options, store })
  }

  /** Starts a device that the store holds already. */
  static async open(url: string, name: string, { store, pod }: Machine & { store: Store }): Promise<Person> {
    const options = pod === undefined ? {} : { podUrls: [pod] }
    const person = new Person(name, await Client.open(url, store, options), store)
    await person.online()
    return person
  }

  async online(): Promise<void> {
    this.client.start()
    await this.within(this.client.settled(), 'settling', settleMs)
  }

  async offline(): Promise<void> {
    await this.client.stop()
  }

  /** Sends a text and waits until the server has stored it. */
  async send(to: Person | ConversationId, text: string): Promise<number> {
    const { conversation, id } = await this.queue(to, text)
    const stored = this.client.conversation(conversation).outbox.whenStored(id)
    return (await this.within(stored, `storing ${text}`)).seq
  }

  /** What the client promises to do, or an error that tells of its state when it has not done it. */
  async within<T>(doing: Promise<T>, what: string, timeoutMs = storeMs): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => reject(new Error(`${what} took ${this.name} over ${timeoutMs} ms: ${this.report()}`)),
      timeoutMs,
    )
    return await Promise.race([doing, late]).finally(() => clearTimeout(timer))
  }

  async settled(): Promise<void> {
    await this.within(this.client.settled(), 'settling')
  }

  async queue(to: Person | ConversationId, text: string): Promise<{ conversation: ConversationId; id: MessageId }> {
    const conversation =
      to instanceof Person ? (await this.within(this.client.openDirect(to.id), 'a direct conversation')).id : to
    // A UUIDv7 from a library has the form of a message id.
    const id = uuidv7() as MessageId
    await this.client.conversation(conversation).outbox.queue(id, { v: 1, kind: 'text', text })
    return { conversation, id }
  }

  /** An access token of the device, for driving it by hand; only while its client is stopped. */
  async accessToken(): Promise<string> {
    const saved = await this.store.get('meta', 'session')
    const { refreshToken } = JSON.parse(new TextDecoder().decode(saved)) as { refreshToken: string }
    const tokens = await createRest(this.client.baseUrl).call(authOperations.refresh, { body: { refreshToken } })
    const session = new TextEncoder().encode(JSON.stringify({ refreshToken: tokens.refreshToken }))
    await this.store.write([{ table: 'meta', key: 'session', value: session }])
    return tokens.accessToken
  }

  /** Texts shown on this device, oldest first; of one conversation if given. */
  texts(conversation?: ConversationId): string[] {
    return this.shown
      .filter((entry) => conversation === undefined || entry.conversation === conversation)
      .flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
  }

  async sees(...texts: string[]): Promise<void> {
    await eventually(() => {
      const missing = texts.filter((text) => !this.texts().includes(text))
      if (missing.length > 0) throw new Error(`${this.name} has not seen ${missing.join(', ')}; ${this.report()}`)
    })
  }

  /** What a failed test prints. */
  report(): string {
    const conversations = this.client.conversations().map((record) => {
      const { conversation, status, cursor, groupNo } = record
      const waiting = this.client.conversation(conversation).outbox.records.size
      return `${conversation} ${status} group ${groupNo} at ${cursor}, ${waiting} to send`
    })
    const troubles = this.troubles.map(({ name, message }) => `${name}: ${message}`)
    return `${this.name} is ${this.client.state.state}; saw ${JSON.stringify(this.texts().slice(-20))}; ${conversations.join('; ')}; ${troubles.join('; ')}`
  }
}

/** The keys of a person's device, as libs/crypto takes them. */
export const deviceOf = (person: Person): DeviceIdentity => {
  const { userId, deviceId, accountKey, credentialSig, signaturePrivate, signaturePublic } = person.client.identity
  return {
    userId,
    deviceId,
    accountKey: fromBase64Url(accountKey),
    credentialSig: fromBase64Url(credentialSig),
    signaturePrivate: fromBase64Url(signaturePrivate),
    signaturePublic: fromBase64Url(signaturePublic),
  }
}
