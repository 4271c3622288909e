import { Client, createRest, type Entry, logIn, type Store, signIn, signUp, Trouble } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import type { DeviceIdentity } from '@fastchat/crypto'
import { authOperations, type ConversationId, fromBase64Url, type MessageId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { password, passwordWork } from './password.ts'

export { password } from './password.ts'

/** The time to sign in, join and catch up on a busy machine. */
const settleMs = 30_000
/** The time to store one message or change, in which the server may restart. */
const storeMs = 90_000

/** The alarms that devices of this test file raised. In a test without lies there are none. */
export const raisedAlarms: string[] = []

/** The options of a device: its store, and the pod to connect to when that matters. */
export type Machine = { readonly store?: Store; readonly pod?: string }

/** A device of a person. Tests use it as an application would. */
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
    await signIn(
      url,
      store,
      await signUp(createRest(url), name, password, undefined, passwordWork),
      `${name}'s machine`,
    )
    return await Person.open(url, name, { ...options, store })
  }

  /** Signs in with another device of an existing account. */
  static async logIn(url: string, name: string, options: Machine = {}): Promise<Person> {
    const store = options.store ?? memoryStore()
    await signIn(url, store, await logIn(createRest(url), name, password, passwordWork), `${name}'s other machine`)
    return await Person.open(url, name, { ...options, store })
  }

  /** Starts a device that signed in earlier, from its store. */
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

  /** Sends a text, waits until the server has stored it, and returns its position. */
  async send(to: Person | ConversationId, text: string): Promise<number> {
    const { conversation, id } = await this.queue(to, text)
    const stored = this.client.conversation(conversation).outbox.whenStored(id)
    return (await this.within(stored, `storing ${text}`)).seq
  }

  /**
   * Returns the result of `doing`, or throws an error with the client's state when it takes too
   * long.
   */
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
    // A UUIDv7 has the form of a message id.
    const id = uuidv7() as MessageId
    await this.client.conversation(conversation).outbox.queue(id, { v: 1, kind: 'text', text })
    return { conversation, id }
  }

  /** Returns an access token of the device, for requests by hand. The client must be stopped. */
  async accessToken(): Promise<string> {
    const saved = await this.store.get('meta', 'session')
    const { refreshToken } = JSON.parse(new TextDecoder().decode(saved)) as { refreshToken: string }
    const tokens = await createRest(this.client.baseUrl).call(authOperations.refresh, { body: { refreshToken } })
    const session = new TextEncoder().encode(JSON.stringify({ refreshToken: tokens.refreshToken }))
    await this.store.write([{ table: 'meta', key: 'session', value: session }])
    return tokens.accessToken
  }

  /**
   * Returns the texts shown on this device, oldest first; only those of `conversation` if it is
   * given.
   */
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

  /** Returns the state of the device, for the message of a failed test. */
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

/** Returns the keys of a person's device in the form that libs/crypto takes. */
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
