import type { Redis } from 'ioredis'
import { type Log, redactError } from './log.ts'

/** The most names in one command, so that other commands get a turn. 50 000 names take a second. */
const maxNamesPerCommand = 1_000
/** A caller waits for Redis this long at most. The reader's sweep finds what it misses. */
const confirmTimeoutMs = 1_000
/** The pause after Redis rejects a subscription. */
const refusedRetryMs = 1_000

export type Subscriptions = {
  /**
   * Counts a reference to each channel. Resolves once Redis has confirmed all of them, or after a
   * second, or at once if Redis is down. In the last two cases it calls `onSuspect` when they are
   * confirmed later. It never rejects. So: add, then read the log, and read it again after each
   * `onSuspect`.
   */
  add(channels: Iterable<string>): Promise<void>
  remove(channels: Iterable<string>): void
  /** Drops all references without a command to Redis: their slot has moved to another server. */
  forget(channels: Iterable<string>): void
  /** Returns whether Redis has confirmed all referenced channels. */
  isComplete(): boolean
  /** Reconnects and subscribes again. */
  restart(reason: string): void
  readonly count: number
}

export type SubscriptionsOptions = {
  readonly log: Log
  readonly onSuspect: (reason: string) => void
  /** The server is part of a Redis Cluster: SSUBSCRIBE, with one tag (so one slot) per command. */
  readonly isSharded?: boolean
}

/**
 * Keeps the referenced channels subscribed at one server, whatever happens to the connection. All
 * changes in a turn of the event loop go out together. The caller limits the number of channels; a
 * name takes about 200 bytes here.
 */
export function createSubscriptions(redis: Redis, { log, onSuspect, isSharded = false }: SubscriptionsOptions) {
  const inCommands = isSharded ? byTag : inChunks
  const references = new Map<string, number>()
  /** The channels that this connection was asked to deliver. */
  let asked = new Set<string>()
  const changed = new Set<string>()
  let flushing: Promise<void> | undefined
  /** Settles with the last subscription. Redis answers in order, so earlier ones have settled. */
  let lastAnswer: Promise<unknown> = Promise.resolve()
  let resubscribing: Promise<void> = Promise.resolve()
  let isComplete = false
  /** The number of unsubscribe commands that Redis has not answered. */
  let leaving = 0

  redis.on('ready', () => {
    resubscribing = resubscribe()
  })
  redis.on('close', () => {
    isComplete = false
  })
  for (const event of ['ready', 'close', 'end', 'error']) redis.on(event, () => onSuspect(event))
  // A slot has moved, and the server unsubscribes its channels. If an UNSUBSCRIBE of ours is under
  // way, ioredis may take this for its answer, and then gives every answer to the wrong command.
  // Only a new connection is safe.
  redis.on('moved', () => {
    if (leaving > 0) restart('moved')
    else onSuspect('moved')
  })

  async function resubscribe(): Promise<void> {
    const own = new Set<string>()
    asked = own
    changed.clear()
    // A Map may change during iteration: removed channels are skipped, and new ones come here or by
    // `flush`.
    function* missing(): Iterable<string> {
      for (const channel of references.keys()) {
        if (own.has(channel)) continue
        own.add(channel)
        yield channel
      }
    }
    for (const names of inCommands(missing())) {
      const wanted = names.filter((channel) => own.has(channel))
      if (wanted.length > 0 && !(await ask(wanted))) return
      if (asked !== own) return
    }
    isComplete = true
    onSuspect('resubscribed')
  }

  /** Resolves to false if the connection broke meanwhile. */
  async function ask(names: readonly string[]): Promise<boolean> {
    const asking = isSharded ? redis.ssubscribe(...names) : redis.subscribe(...names)
    const answer = asking.then(
      () => true,
      (error: unknown) => {
        if (redis.status === 'ready') retryLater(error)
        return false
      },
    )
    lastAnswer = answer
    return answer
  }

  async function leave(names: readonly string[]): Promise<void> {
    leaving++
    try {
      await (isSharded ? redis.sunsubscribe(...names) : redis.unsubscribe(...names))
    } catch {
      // The connection is gone with its subscriptions, or the slot has moved.
      if (isSharded && redis.status === 'ready') restart('moved')
    } finally {
      leaving--
    }
  }

  function retryLater(error: unknown): void {
    log.warn({ reason: redactError(error) }, 'redis refused a subscription')
    isComplete = false
    setTimeout(() => restart('refused'), refusedRetryMs).unref()
  }

  function restart(reason: string): void {
    onSuspect(reason)
    redis.disconnect(true)
  }

  function flushSoon(): Promise<void> {
    flushing ??= new Promise((resolve) => {
      setImmediate(() => {
        flushing = undefined
        flush()
        resolve()
      })
    })
    return flushing
  }

  function flush(): void {
    if (redis.status !== 'ready') return // 'ready' subscribes everything
    const added: string[] = []
    const removed: string[] = []
    for (const channel of changed) {
      if (references.has(channel) === asked.has(channel)) continue
      if (asked.delete(channel)) removed.push(channel)
      else added.push(channel)
    }
    changed.clear()
    for (const channel of added) asked.add(channel)
    for (const names of inCommands(removed)) void leave(names)
    for (const names of inCommands(added)) void ask(names)
  }

  async function confirmed(): Promise<void> {
    await flushSoon()
    if (redis.status !== 'ready') return
    const answered = Promise.all([resubscribing, lastAnswer])
    if (await isWithin(answered, confirmTimeoutMs)) return
    void answered.then(() => onSuspect('late subscription'))
  }

  return {
    async add(channels) {
      for (const channel of channels) {
        const count = references.get(channel) ?? 0
        references.set(channel, count + 1)
        if (count === 0) changed.add(channel)
      }
      await confirmed()
    },
    remove(channels) {
      for (const channel of channels) {
        const count = references.get(channel) ?? 0
        if (count > 1) references.set(channel, count - 1)
        else if (references.delete(channel)) changed.add(channel)
      }
      void flushSoon()
    },
    forget(channels) {
      for (const channel of channels) {
        references.delete(channel)
        changed.delete(channel)
        asked.delete(channel)
      }
    },
    isComplete: () => isComplete,
    restart,
    get count() {
      return references.size
    },
  } satisfies Subscriptions
}

function* inChunks(names: Iterable<string>): Iterable<readonly string[]> {
  let chunk: string[] = []
  for (const name of names) {
    if (chunk.push(name) < maxNamesPerCommand) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

function* byTag(names: Iterable<string>): Iterable<readonly string[]> {
  for (const ofTag of Map.groupBy(names, (name) => name.slice(0, name.indexOf('}'))).values()) yield* inChunks(ofTag)
}

/** Resolves to whether `promise`, which never rejects, settles in time. */
async function isWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  try {
    return await Promise.race([promise.then(() => true), tooLate])
  } finally {
    clearTimeout(timer)
  }
}
