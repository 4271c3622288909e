import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Call, LightPlan, SdkPlan, Status } from './calls.ts'

const answerMs = 10_000

/** A process of clients that can be killed, and started again on the state it stored. */
export class ClientProcess {
  readonly kind: 'light' | 'sdk'
  readonly journal: string
  readonly #plan: LightPlan | SdkPlan
  #child: ChildProcess | undefined
  #last: Call | undefined

  private constructor(kind: 'light' | 'sdk', plan: LightPlan | SdkPlan) {
    this.kind = kind
    this.#plan = plan
    this.journal = plan.journal
  }

  static light(plan: LightPlan): ClientProcess {
    return new ClientProcess('light', plan).start()
  }

  static sdk(plan: SdkPlan): ClientProcess {
    return new ClientProcess('sdk', plan).start()
  }

  /** Starts the process. `env` is additional environment for this start. */
  start(env: Readonly<Record<string, string>> = {}): this {
    const file = join(import.meta.dirname, `${this.kind}-main.ts`)
    this.#child = fork(file, [JSON.stringify(this.#plan)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    })
    if (this.#last) this.call(this.#last)
    return this
  }

  /**
   * Starts the process if needed, and resolves when it answers. How long it takes to start says
   * nothing about the servers.
   */
  async startAgain(): Promise<void> {
    if (!this.isRunning) this.start()
    await this.status()
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  call(call: Call): void {
    if (call.t === 'send') this.#last = call
    this.#child?.send(call)
  }

  /** Resolves with the state of its devices, or undefined when the process does not answer. */
  async status(): Promise<Status | undefined> {
    const child = this.#child
    if (!child?.connected) return undefined
    const answer = new Promise<Status>((resolve) => {
      const listen = (message: Status) => {
        if (message.t !== 'status') return
        child.off('message', listen)
        resolve(message)
      }
      child.on('message', listen)
    })
    child.send({ t: 'status' })
    return await Promise.race([answer, delay(answerMs, undefined, { ref: false })])
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
  }
}
