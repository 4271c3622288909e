import { Client, createRest, type Enrolled, logIn, type Rest, signIn, signOut, signUp } from '@fastchat/client'
import type { WebHome } from '@fastchat/client/web'
import { createSalt, type PasswordInput } from '@fastchat/crypto'
import type { ConversationId } from '@fastchat/schema'
import { deviceLabel } from './device-label.ts'
import { failureOf } from './failure-of.ts'
import type { CallName, Calls, EngineState, FromEngine, Link, ToEngine } from './protocol.ts'
import { Session } from './session.ts'

type EngineOptions = {
  readonly home: WebHome
  readonly baseUrl: string
  readonly say: (message: FromEngine) => void
}

type Handlers = { readonly [Name in CallName]: (input: Calls[Name]['input']) => Promise<Calls[Name]['result']> }

/**
 * The engine is a worker itself, so a password needs no further one. Its code is loaded at the
 * first sign-in.
 */
const derive = async (input: PasswordInput) => (await import('@fastchat/crypto/password')).deriveSecrets(input)
const work = { createSalt, derive }

/** Runs the SDK for all tabs of this browser, and answers their calls. */
export class Engine {
  readonly #options: EngineOptions
  readonly #rest: Rest
  #session: Session | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    this.#rest = createRest(options.baseUrl)
  }

  /** Opens the device of this browser, if there is one. */
  async open(): Promise<void> {
    const { home, baseUrl } = this.#options
    const isSignedIn = (await home.store.get('meta', 'session')) !== undefined
    if (isSignedIn) await this.#start(await Client.open(baseUrl, home.store))
  }

  /** Ends the connection, when the home is gone. */
  async stop(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.stop()
  }

  get state(): EngineState {
    return this.#session?.state ?? { phase: 'signed-out', link: { state: 'off' }, chats: [] }
  }

  /** Answers a call of a tab. */
  async call({ id, name, input }: Extract<ToEngine, { kind: 'call' }>): Promise<void> {
    const { say } = this.#options
    try {
      // The cast holds because `EngineLink.call` ties the name to its input.
      const handle = this.#handlers[name] as (input: unknown) => Promise<unknown>
      say({ to: 'tabs', kind: 'done', id, result: await handle(input) })
    } catch (error) {
      say({ to: 'tabs', kind: 'failed', id, failure: failureOf(error) })
    }
  }

  readonly #handlers: Handlers = {
    signUp: async ({ name, password, invite }) => {
      const made = await signUp(this.#rest, name, password, invite, work)
      await this.#enrol(made)
      return { recoveryKey: made.recoveryKey }
    },
    logIn: async ({ name, password }) => {
      await this.#enrol(await logIn(this.#rest, name, password, work))
      return true
    },
    logOut: async () => {
      await this.#logOut()
      return true
    },
    findPeople: async ({ query }) => await this.#opened.findPeople(query),
    openDirect: async ({ userId }) => await this.#opened.openDirect(userId),
    createGroup: async ({ id, name, users }) => await this.#opened.createGroup(id, name, users),
    timeline: async (input) => await this.#opened.timeline(input),
    send: async (input) => {
      await this.#opened.send(input)
      return true
    },
    sendFile: async (input) => {
      await this.#opened.sendFile(input)
      return true
    },
    cancelFile: async ({ id }) => await this.#opened.cancelFile(id),
    fetchFile: async ({ id }) => await this.#opened.fetchFile(id),
    retryFailed: async ({ id }) => {
      await this.#opened.retryFailed(id)
      return true
    },
    discardFailed: async ({ id }) => {
      await this.#opened.discardFailed(id)
      return true
    },
    edit: async (input) => {
      await this.#opened.edit(input)
      return true
    },
    remove: async (input) => {
      await this.#opened.remove(input)
      return true
    },
    react: async (input) => {
      await this.#opened.react(input)
      return true
    },
    typing: async (input) => {
      this.#opened.typing(input)
      return true
    },
    search: async (input) => await this.#opened.search(input),
    groupInfo: async ({ conversation }) => this.#opened.groupInfo(conversation),
    changeGroup: async ({ conversation, change }) => await this.#opened.changeGroup(conversation, change),
    markRead: async ({ conversation, seq }) => {
      await this.#opened.markRead(conversation, seq)
      return true
    },
    acceptChat: async ({ conversation }) => {
      await this.#opened.accept(conversation)
      return true
    },
    retryNow: async () => {
      this.#opened.retryNow()
      return true
    },
  }

  get #opened(): Session {
    if (!this.#session) throw new Error('nobody is signed in')
    return this.#session
  }

  async #enrol(enrolled: Enrolled): Promise<void> {
    const { home, baseUrl } = this.#options
    if (this.#session) return
    await signIn(baseUrl, home.store, enrolled, deviceLabel(navigator.userAgent), undefined, 'browser')
    await this.#start(await Client.open(baseUrl, home.store))
    this.#tellState()
  }

  async #start(client: Client): Promise<void> {
    const { say } = this.#options
    this.#session = await Session.open(client, {
      changed: (conversations: readonly ConversationId[]) => say({ to: 'tabs', kind: 'changed', conversations }),
      patch: (patch) => say({ to: 'tabs', kind: 'patch', patch }),
      trouble: (failure) => say({ to: 'tabs', kind: 'trouble', failure }),
    })
  }

  async #logOut(): Promise<void> {
    const { home, baseUrl } = this.#options
    await this.stop()
    await signOut(baseUrl, home.store)
    await home.erase()
  }

  /** Tells every tab the whole state. */
  #tellState(): void {
    const { me, ...state } = this.state
    const link: Link = state.link
    this.#options.say({ to: 'tabs', kind: 'patch', patch: { ...state, link, ...(me && { me }) } })
  }
}
