import { ClientError } from '@fastchat/client'
import type { Task, TaskKind } from './settings-state.ts'

type Moved = (done: number, of?: number) => void

/** Runs the long tasks of the tabs: one of each kind at a time, with progress and cancel. */
export class Tasks {
  readonly #tell: (task: Task) => void
  readonly #running = new Map<TaskKind, AbortController>()
  #last: Task | undefined

  constructor(tell: (task: Task) => void) {
    this.#tell = tell
  }

  /** The last task, for a tab that opens later. */
  get last(): Task | undefined {
    return this.#last
  }

  /**
   * Runs a task. A repeated one takes the place of the former.
   *
   * @throws {ClientError} `cancelled`, and the errors of the work
   */
  async run<T>(kind: TaskKind, work: (signal: AbortSignal, moved: Moved) => Promise<T>): Promise<T> {
    this.cancel(kind)
    const stop = new AbortController()
    this.#running.set(kind, stop)
    this.#say({ kind, done: 0, isOver: false })
    try {
      return await work(stop.signal, (done, of) => {
        if (!stop.signal.aborted) this.#say({ kind, done, isOver: false, ...(of !== undefined && { of }) })
      })
    } finally {
      if (this.#running.get(kind) === stop) {
        this.#running.delete(kind)
        this.#say({ kind, done: 0, isOver: true })
      }
    }
  }

  cancel(kind: TaskKind): void {
    this.#running.get(kind)?.abort(new ClientError('cancelled', 'Cancelled'))
  }

  #say(task: Task): void {
    this.#last = task
    this.#tell(task)
  }
}
