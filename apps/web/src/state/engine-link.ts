import { buildId } from '../build-id.ts'
import type { AnswerOf } from '../engine/call.ts'
import type { EngineState, Failure } from '../engine/engine-state.ts'
import type { CallName, Calls, FromEngine, Stamped, ToEngine } from '../engine/protocol.ts'

type Waiting = { readonly call: Extract<ToEngine, { kind: 'call' }>; readonly settle: PromiseWithResolvers<unknown> }

export type EngineListeners = {
  state(state: EngineState): void
  patch(patch: Partial<EngineState>): void
  changed(conversations: readonly string[]): void
  broken(failure: Failure): void
  /** The engine is of another build, so this tab does not understand it. */
  otherBuild(): void
}

/** The most calls that wait for an answer. */
const maxWaiting = 500

/** A call failed; `code` is stable, `message` is for people. */
export class CallError extends Error {
  override name = 'CallError'
  readonly code: string
  /** The devices that can make room, with `too_many_devices`. */
  readonly devices: Failure['devices']

  constructor({ code, message, devices }: Failure) {
    super(message)
    this.code = code
    this.devices = devices
  }
}

/**
 * The way from a tab to the engine. Calls that a dead engine has not answered are made again to
 * the next one, which answers each as if it were the first: ids of messages and groups are made by
 * the tab.
 */
export class EngineLink {
  readonly #channel: BroadcastChannel
  readonly #listeners: EngineListeners
  readonly #waiting = new Map<string, Waiting>()
  readonly #newId: () => string
  #term: string | undefined

  constructor(channel: BroadcastChannel, listeners: EngineListeners, newId: () => string) {
    this.#channel = channel
    this.#newId = newId
    this.#listeners = listeners
    channel.addEventListener('message', ({ data }: MessageEvent<Stamped<FromEngine>>) => {
      if (data.to !== 'tabs') return
      if (data.build === buildId) this.#hear(data)
      else this.#meet(data)
    })
    this.#say({ to: 'engine', kind: 'hello' })
  }

  /** Asks the engine. It waits for an engine if there is none. @throws {CallError} */
  call<Name extends CallName>(name: Name, input: Calls[Name]['input']): AnswerOf<Calls[Name]> {
    const settle = Promise.withResolvers<unknown>()
    if (this.#waiting.size < maxWaiting) {
      const id = this.#newId()
      const call = { to: 'engine', kind: 'call', id, name, input } as const
      this.#waiting.set(id, { call, settle })
      if (this.#term !== undefined) this.#say(call)
    } else settle.reject(new CallError({ code: 'busy', message: 'Too many things at once' }))
    // The cast holds because the engine answers each name with its own result.
    return settle.promise as AnswerOf<Calls[Name]>
  }

  /** Erases a store that cannot be read. */
  erase(): void {
    this.#say({ to: 'engine', kind: 'erase' })
  }

  #say(message: ToEngine): void {
    this.#channel.postMessage({ ...message, build: buildId } satisfies Stamped<ToEngine>)
  }

  /** An engine of another build has begun. An older one gives way when it hears of this build. */
  #meet({ kind }: FromEngine): void {
    if (kind !== 'state') return
    this.#listeners.otherBuild()
    this.#say({ to: 'engine', kind: 'hello' })
  }

  #hear(message: FromEngine): void {
    const { state, patch, changed, broken } = this.#listeners
    switch (message.kind) {
      case 'state':
        state(message.state)
        if (message.term !== this.#term) this.#askAgain(message.term)
        break
      case 'patch':
        patch(message.patch)
        break
      case 'changed':
        changed(message.conversations)
        break
      case 'broken':
        broken(message.failure)
        break
      case 'done':
        this.#take(message.id)?.resolve(message.result)
        break
      case 'failed':
        this.#take(message.id)?.reject(new CallError(message.failure))
    }
  }

  #askAgain(term: string): void {
    this.#term = term
    for (const { call } of this.#waiting.values()) this.#say(call)
  }

  #take(id: string): PromiseWithResolvers<unknown> | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting?.settle
  }
}
