import { Client, ClientError, type Enrolled, signIn, signOut, wipeKeys } from '@fastchat/client'
import type { WebHome } from '@fastchat/client/web'
import type { Clock } from '@fastchat/clock'
import type { ConversationId, DeviceId } from '@fastchat/schema'
import type { Handlers } from './call.ts'
import { type AccountCalls, accountCalls } from './calls/account-calls.ts'
import { type OwnAccountCalls, ownAccountCalls } from './calls/own-account-calls.ts'
import { deviceLabel } from './device-label.ts'
import type { EngineState, Link } from './engine-state.ts'
import { failureOf } from './failure-of.ts'
import { passwordWork } from './password-work.ts'
import type { Calls, FromEngine, ToEngine } from './protocol.ts'
import { Session } from './session.ts'
import { Tasks } from './tasks.ts'

type EngineOptions = {
  readonly home: WebHome
  readonly baseUrl: string
  readonly say: (message: FromEngine) => void
  readonly clock: Pick<Clock, 'wallMs'>
}

/** Runs the SDK for all tabs of this browser, and answers their calls. */
export class Engine {
  readonly #options: EngineOptions
  readonly #account: Handlers<AccountCalls & OwnAccountCalls>
  readonly #tasks: Tasks
  #session: Session | undefined

  constructor(options: EngineOptions) {
    const { baseUrl, say } = options
    this.#options = options
    this.#tasks = new Tasks((task) => say({ to: 'tabs', kind: 'patch', patch: { task } }))
    const logOut = async () => await this.#logOut()
    this.#account = {
      ...accountCalls({
        ...{ baseUrl, logOut },
        enrol: async (enrolled, ending) => await this.#enrol(enrolled, ending),
        keyShown: async () => await this.#session?.calls.noteRecovery({ is: 'later' }),
      }),
      ...ownAccountCalls({
        ...{ baseUrl, logOut, tasks: this.#tasks },
        client: () => this.#opened.client,
        again: async (enrolled) => await this.#again(enrolled),
        erase: async () => await this.#erase(),
      }),
    }
  }

  /** Opens the device of this browser, if there is one. */
  async open(): Promise<void> {
    const { home, baseUrl } = this.#options
    const isSignedIn = (await home.store.get('meta', 'session')) !== undefined
    if (isSignedIn) await this.#start(await Client.open(baseUrl, home.store, { passwordWork }))
  }

  /** Ends the connection, when the home is gone. */
  async stop(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.stop()
  }

  get state(): EngineState {
    const task = this.#tasks.last
    const state: EngineState = this.#session?.state ?? { phase: 'signed-out', link: { state: 'off' }, chats: [] }
    return { ...state, ...(task && { task }) }
  }

  /** Answers a call of a tab. */
  async call({ id, name, input }: Extract<ToEngine, { kind: 'call' }>): Promise<void> {
    const { say } = this.#options
    try {
      const handlers: Partial<Handlers<Calls>> = { ...this.#account, ...this.#session?.calls }
      // The cast holds because `EngineLink.call` ties the name to its input.
      const handle = handlers[name] as ((input: unknown) => Promise<unknown>) | undefined
      if (!handle) throw new ClientError('not_signed_in')
      say({ to: 'tabs', kind: 'done', id, result: await handle(input) })
    } catch (error) {
      say({ to: 'tabs', kind: 'failed', id, failure: failureOf(error) })
    }
  }

  get #opened(): Session {
    if (!this.#session) throw new ClientError('not_signed_in')
    return this.#session
  }

  async #enrol(enrolled: Enrolled, ending?: DeviceId): Promise<void> {
    const { home } = this.#options
    if (this.#session) return
    await this.#signIn(enrolled, ending).catch(async (error: unknown) => {
      // Another person's sign-in did not get to its end here: it left keys, and no messages.
      if (!(error instanceof ClientError) || error.code !== 'signed_in_already') throw error
      await wipeKeys(home.store, { keepHistory: false })
      await this.#signIn(enrolled, ending)
    })
    await this.open()
    this.#tellState()
  }

  async #signIn(enrolled: Enrolled, ending?: DeviceId): Promise<void> {
    const { home, baseUrl } = this.#options
    await signIn(baseUrl, home.store, enrolled, deviceLabel(navigator.userAgent), ending, 'browser')
  }

  async #start(client: Client): Promise<void> {
    const { say } = this.#options
    this.#session = await Session.open(client, {
      tasks: this.#tasks,
      clock: this.#options.clock,
      changed: (conversations: readonly ConversationId[]) => say({ to: 'tabs', kind: 'changed', conversations }),
      patch: (patch) => say({ to: 'tabs', kind: 'patch', patch }),
    })
  }

  /** Signs this device in again. A removed device is for ever removed, so a new one begins. */
  async #again(enrolled: Enrolled): Promise<void> {
    const { home } = this.#options
    const { link } = this.#opened.state
    const isRemoved = link.state === 'ended' && link.code === 'device_revoked'
    await this.stop()
    if (isRemoved) await wipeKeys(home.store, { keepHistory: false })
    try {
      await this.#signIn(enrolled)
    } finally {
      await this.open()
      this.#tellState()
    }
  }

  async #logOut(): Promise<void> {
    const { home, baseUrl } = this.#options
    await this.stop()
    await signOut(baseUrl, home.store)
    await home.erase()
  }

  async #erase(): Promise<void> {
    await this.stop()
    await this.#options.home.erase()
  }

  /** Tells every tab the whole state. */
  #tellState(): void {
    const { me, ...state } = this.state
    const link: Link = state.link
    this.#options.say({ to: 'tabs', kind: 'patch', patch: { ...state, link, ...(me && { me }) } })
  }
}
