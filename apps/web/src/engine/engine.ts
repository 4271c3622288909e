import { Client, type Enrolled, signIn, signOut } from '@fastchat/client'
import type { WebHome } from '@fastchat/client/web'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from './call.ts'
import { type AccountCalls, accountCalls } from './calls/account-calls.ts'
import { deviceLabel } from './device-label.ts'
import type { EngineState, Link } from './engine-state.ts'
import { failureOf } from './failure-of.ts'
import type { Calls, FromEngine, ToEngine } from './protocol.ts'
import { Session } from './session.ts'

type EngineOptions = {
  readonly home: WebHome
  readonly baseUrl: string
  readonly say: (message: FromEngine) => void
}

/** Runs the SDK for all tabs of this browser, and answers their calls. */
export class Engine {
  readonly #options: EngineOptions
  readonly #account: Handlers<AccountCalls>
  #session: Session | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    this.#account = accountCalls({
      baseUrl: options.baseUrl,
      enrol: async (enrolled) => await this.#enrol(enrolled),
      logOut: async () => await this.#logOut(),
    })
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
      const handlers: Partial<Handlers<Calls>> = { ...this.#account, ...this.#session?.calls }
      // The cast holds because `EngineLink.call` ties the name to its input.
      const handle = handlers[name] as ((input: unknown) => Promise<unknown>) | undefined
      if (!handle) throw new Error('nobody is signed in')
      say({ to: 'tabs', kind: 'done', id, result: await handle(input) })
    } catch (error) {
      say({ to: 'tabs', kind: 'failed', id, failure: failureOf(error) })
    }
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
