import type { Redis } from 'ioredis'
import { type Log, redactError } from './log.ts'

/** Names in one command, so that other traffic gets between; 50 000 take about a second on a busy machine. */
const maxNamesPerCommand = 1_000
/** A caller waits no longer than this for Redis; the reader's sweep covers the rest. */
const confirmTimeoutMs = 1_000
/** After Redis has refused a subscription. */
const refusedRetryMs = 1_000

export type Subscriptions = {
  /**
   * Counts a reference to each channel and resolves once Redis has confirmed all of them. If Redis is away, or takes over a
   * second, it resolves all the same; `onSuspect` is called when they have been confirmed later. Never rejects. So: add,
   * then read the log, and read it again whenever `onSuspect` is called.
   */
  add(channels: Iterable<string>): Promise<void>
  remove(channels: Iterable<string>): void
  /** Drops all references, without a word to Redis: it delivers these no more, because their slot has moved. */
  forget(channels: Iterable<string>): void
  /** Redis has confirmed everything that is referenced. */
  isComplete(): boolean
  /** Starts over with a new connection. */
  restart(reason: string): void
  readonly count: number
}

export type SubscriptionsOptions = {
  readonly log: Log
  readonly onSuspect: (reason: string) => void
  /** The server is part of a Redis Cluster: SSUBSCRIBE, and each command stays within a tag and so within a slot. */
  readonly isSharded?: boolean
}

/**
 * Keeps the channels that are referenced subscribed at one server, whatever happens to the connection. What changes within a
 * turn of the event loop goes out together. The caller bounds the number of channels; a name costs about 200 bytes here.
 */
export function createSubscriptions(redis: Redis, { log, onSuspect, isSharded = false }: SubscriptionsOptions) {
  const inCommands = isSharded ? byTag : inChunks
  const references = new Map<string, number>()
  /** What this connection was asked to deliver. */
  let asked = new Set<string>()
  const changed = new Set<string>()
  let flushing: Promise<void> | undefined
  /** Settles when the last subscription sent has: Redis answers in order, so all before it have, too. */
  let lastAnswer: Promise<unknown> = Promise.resolve()
  let resubscribing: Promise<void> = Promise.resolve()
  let isComplete = false
  /** Unsubscriptions that Redis has not answered. */
  let leaving = 0

  redis.on('ready', () => {
    resubscribing = resubscribe()
  })
  redis.on('close', () => {
    isComplete = false
  })
  for (const event of ['ready', 'close', 'end', 'error']) redis.on(event, () => onSuspect(event))
  // A slot has moved: its channels are unsubscribed by the server. With an unsubscription of ours on its way, ioredis may take
  // the one for the other's answer and from then on give each answer to the wrong command. Only a new connection is sure.
  redis.on('moved', () => {
    if (leaving > 0) restart('moved')
    else onSuspect('moved')
  })

  async function resubscribe(): Promise<void> {
    const own = new Set<string>()
    asked = own
    changed.clear()
    // A Map may change while it is walked: what is removed meanwhile is skipped, what is added comes by `flush` or here.
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

  /** False if the connection was lost over it. */
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
      // The connection is gone, and the subscription with it; or the slot is, which `moved` and `forget` are about.
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
    if (redis.status !== 'ready') return // 'ready' brings everything
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

/** `promise` does not reject. */
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
