import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type {
  AnswerMessage,
  BacklogPlan,
  CallMessage,
  DriverCalls,
  GroupPlan,
  Load,
  PairPlan,
  SocketPlan,
  Taken,
} from './driver/calls.ts'

const file = join(import.meta.dirname, 'driver', 'main.ts')

/**
 * The processes that make the load, each with a share of the sockets. They end with this process.
 */
export class Drivers {
  readonly #drivers: readonly Driver[]

  constructor(count: number) {
    this.#drivers = Array.from({ length: count }, () => new Driver())
  }

  get pids(): readonly number[] {
    return this.#drivers.map(({ pid }) => pid)
  }

  async connect(sockets: readonly SocketPlan[]): Promise<void> {
    await this.#all((driver, n) => driver.call('connect', this.#share(sockets, n)))
  }

  async pair(pairs: readonly PairPlan[]): Promise<void> {
    await this.#all((driver, n) => driver.call('pair', this.#share(pairs, n)))
  }

  /** Opens the group in one process, which compares its members' frames with each other. */
  async group(plan: GroupPlan): Promise<void> {
    await this.#drivers[0]?.call('group', plan)
  }

  async catchUp(devices: readonly BacklogPlan[]): Promise<Float64Array> {
    return joined(await this.#all((driver, n) => driver.call('catchUp', this.#share(devices, n))))
  }

  async load(load: Load): Promise<void> {
    const count = this.#drivers.length
    const part =
      'outstanding' in load ? { outstanding: load.outstanding / count } : { ...load, perSecond: load.perSecond / count }
    await this.#all((driver) => driver.call('load', part))
  }

  async take(): Promise<Taken> {
    const taken = await this.#all((driver) => driver.call('take'))
    return {
      seconds: Math.max(...taken.map(({ seconds }) => seconds)),
      ackMs: joined(taken.map(({ ackMs }) => ackMs)),
      deliveryMs: joined(taken.map(({ deliveryMs }) => deliveryMs)),
    }
  }

  async rest(): Promise<number> {
    const counts = await this.#all((driver) => driver.call('rest'))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  stop(): void {
    for (const driver of this.#drivers) driver.stop()
  }

  #share<T>(items: readonly T[], n: number): T[] {
    return items.filter((_, at) => at % this.#drivers.length === n)
  }

  #all<T>(work: (driver: Driver, n: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#drivers.map(work))
  }
}

class Driver {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0

  constructor() {
    this.#process = fork(file, { serialization: 'advanced', execArgv: ['--disable-warning=ExperimentalWarning'] })
    this.#process.on('message', ({ n, value, error }: AnswerMessage) => {
      const call = this.#waiting.get(n)
      this.#waiting.delete(n)
      if (error === undefined) call?.resolve(value)
      else call?.reject(new Error(error))
    })
    this.#process.on('exit', (code) => {
      for (const call of this.#waiting.values()) call.reject(new Error(`a driver process ended with code ${code}`))
    })
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('a driver process did not start')
    return this.#process.pid
  }

  call<N extends keyof DriverCalls>(
    name: N,
    ...args: Parameters<DriverCalls[N]>
  ): Promise<Awaited<ReturnType<DriverCalls[N]>>> {
    const answer = Promise.withResolvers<unknown>()
    const n = ++this.#calls
    this.#waiting.set(n, answer)
    this.#process.send({ n, name, args } satisfies CallMessage)
    // driver/main.ts implements `DriverCalls`, so the answer has this type.
    return answer.promise as Promise<Awaited<ReturnType<DriverCalls[N]>>>
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
