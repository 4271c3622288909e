import type { Clock } from '@fastchat/clock'
import type { AnswerOf } from '../engine/call.ts'
import type { FileToSend } from '../engine/calls/file-calls.ts'
import type { CallName, Calls } from '../engine/protocol.ts'
import type { AppState, AppStore } from './app-store.ts'
import { CallError, type EngineLink } from './engine-link.ts'

type TabOptions = {
  readonly store: AppStore
  readonly link: EngineLink
  readonly clock: Pick<Clock, 'wallMs'>
  /** Takes what a picture tells about its place out of it, and makes a preview. */
  readonly prepare: (file: File, isOriginal: boolean) => Promise<FileToSend>
}

/** Gives all actions the state of the tab and its way to the engine. */
export class Tab {
  readonly #store: AppStore
  readonly #link: EngineLink
  readonly clock: TabOptions['clock']
  readonly prepare: TabOptions['prepare']

  constructor({ store, link, clock, prepare }: TabOptions) {
    this.#store = store
    this.#link = link
    this.clock = clock
    this.prepare = prepare
  }

  get state(): AppState {
    return this.#store.state
  }

  set(change: Parameters<AppStore['set']>[0]): void {
    this.#store.set(change)
  }

  /** Asks the engine. @throws {CallError} */
  call<Name extends CallName>(name: Name, input: Calls[Name]['input']): AnswerOf<Calls[Name]> {
    return this.#link.call(name, input)
  }

  /** Erases the store of this browser, when it cannot be read. */
  erase(): void {
    this.#link.erase()
  }

  /** Tells a failure to the person. */
  tell(error: unknown): void {
    const { code, message } = error instanceof CallError ? error : { code: 'internal', message: String(error) }
    this.set({ trouble: { code, message } })
  }

  /** Does something whose failure is told to the person. */
  async told(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.tell(error)
    }
  }
}
