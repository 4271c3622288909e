import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@fastchat/clock'
import type { Pool } from '@fastchat/db'
import type { FrameError } from '@fastchat/schema'
import type { Logger } from '@fastchat/service'
import { refusalOfSend } from '../domain/check-send.ts'
import type { Announce, ConversationKey, Delivery, SendOutcome, SendRequest, Writer } from '../domain/ports.ts'
import { SendQueue } from '../domain/send-queue.ts'
import { createSendRuns, isBehindRefused, type RunPosition } from '../domain/send-runs.ts'
import type { Traces } from '../domain/traces.ts'
import { appendBatch, unlockedConversations } from './append-batch.ts'
import type { ConversationKeys } from './conversation-keys.ts'
import { isLockTimeout, isUnavailable } from './database-errors.ts'
import { messageFrame } from './message-frame.ts'

/** What a refused client is told to wait. A batch takes some 10 ms; a restart of the database takes seconds. */
const retryMs = { full: 250, locked: 250, unavailable: 1_000 }

export type WriterDeps = {
  /** With a short lock_timeout, and used for nothing else. */
  readonly pool: Pool
  readonly keys: ConversationKeys
  readonly announce: Announce
  readonly log: Pick<Logger, 'error'>
  /** A batch of so many begins; what this gives is called when it is stored. */
  readonly onAppend?: ((rows: number) => () => void) | undefined
  readonly traces?: Pick<Traces, 'waiting' | 'appending'> | undefined
  readonly clock: Clock
}

type Queued = {
  readonly send: SendRequest
  readonly position: RunPosition
  readonly outcome: PromiseWithResolvers<SendOutcome>
  /** Called when its batch begins. */
  waited: (() => void) | undefined
}
type Keyed = { readonly queued: Queued; readonly send: SendRequest; readonly key: ConversationKey }

/**
 * Stores sends in batches: one in flight, the next one begins when it has returned and not too soon after it began, so batches
 * are as large as the load makes them. A conversation's entries are announced in their order. An outcome `busy` may concern a send that was stored
 * all the same (the connection broke before the answer): sent again with the same id, it is a duplicate.
 */
export function createWriter({ pool, keys, announce, log, onAppend, traces, clock }: WriterDeps): Writer {
  const runs = createSendRuns()
  const open = new Set<Queued>()
  const queue = new SendQueue<Queued>()
  let isRunning = false

  function submit(send: SendRequest): Promise<SendOutcome> {
    const position = runs.enter(send.session.device, send.conversation)
    const queued: Queued = { send, position, outcome: Promise.withResolvers(), waited: undefined }
    open.add(queued)
    const refusal = isBehindRefused(position) ? 'out_of_line' : refusalOfSend(send, clock.wallMs())
    if (refusal) refuse(queued, refusal)
    else if (queue.isFullFor(send)) refuse(queued, 'busy', retryMs.full)
    else {
      queue.push(queued)
      queued.waited = traces?.waiting(send)
      if (!isRunning) void run()
    }
    return queued.outcome.promise
  }

  async function run(): Promise<void> {
    isRunning = true
    await Promise.resolve() // what is submitted in the same turn of the event loop shares the first batch
    while (queue.length > 0) {
      const waitMs = queue.waitMs(clock.monotonicMs())
      if (waitMs > 0) await delay(waitMs)
      const batch = queue.takeBatch(clock.monotonicMs())
      if (traces) for (const { waited } of batch) waited?.()
      try {
        await append(await keyed(batch))
      } catch (error) {
        log.error({ err: error, sends: batch.length }, 'batch not stored')
        // Those behind have waited as long, and would wait as long again.
        for (const queued of [...batch, ...queue.takeAll()]) refuse(queued, 'busy', retryMs.unavailable)
      }
    }
    isRunning = false
  }

  async function keyed(batch: readonly Queued[]): Promise<Keyed[]> {
    await keys.load(batch.map(({ send }) => send.conversation))
    return batch.flatMap((queued) => {
      const key = keys.get(queued.send.conversation)
      if (key !== undefined) return [{ queued, send: queued.send, key }]
      refuse(queued, isBehindRefused(queued.position) ? 'out_of_line' : 'not_found')
      return []
    })
  }

  /** Stores what can be stored. A batch that fails is halved until what fails is alone: only that is refused. */
  async function append(batch: readonly Keyed[]): Promise<void> {
    const rows = batch.filter(({ queued }) => !isBehindRefused(queued.position))
    for (const { queued } of batch) if (isBehindRefused(queued.position)) refuse(queued, 'out_of_line')
    if (rows.length === 0) return
    let outcomes: readonly SendOutcome[]
    const onStored = onAppend?.(rows.length)
    const traced = traces?.appending(rows.map(({ send }) => send))
    try {
      outcomes = await appendBatch(pool, rows)
      onStored?.()
      traced?.(true)
    } catch (error) {
      traced?.(false)
      if (isUnavailable(error)) throw error
      return appendWithout(error, rows)
    }
    answer(rows, outcomes)
  }

  async function appendWithout(error: unknown, rows: readonly Keyed[]): Promise<void> {
    if (isLockTimeout(error)) {
      // Nobody waits behind somebody else's lock: a search by halves would wait for it at every step.
      const free = await unlockedConversations(pool, rows)
      const locked = rows.filter(({ key }) => !free.has(key))
      for (const { queued } of locked) refuse(queued, 'busy', retryMs.locked)
      if (locked.length > 0) return append(rows.filter(({ key }) => free.has(key)))
    }
    const [only] = rows
    if (rows.length === 1 && only) {
      log.error({ err: error }, 'send not stored')
      return isLockTimeout(error) ? refuse(only.queued, 'busy', retryMs.locked) : refuse(only.queued, 'internal')
    }
    await append(rows.slice(0, rows.length >> 1))
    await append(rows.slice(rows.length >> 1))
  }

  function answer(rows: readonly Keyed[], outcomes: readonly SendOutcome[]): void {
    const deliveries = rows.flatMap((row, at) => {
      const outcome = outcomes[at]
      return outcome?.ok ? [deliveryOf(row, outcome)] : []
    })
    // Fresh ones are in order already; a duplicate, announced again, has an earlier number.
    for (const delivery of deliveries.sort((a, b) => a.seq - b.seq)) announce(delivery)
    rows.forEach(({ queued }, at) => {
      const outcome = outcomes[at] ?? { ok: false, code: 'internal' }
      settle(queued, outcome)
    })
  }

  function refuse(queued: Queued, code: FrameError<'send'>, retryAfterMs?: number): void {
    settle(queued, { ok: false, code, ...(retryAfterMs !== undefined && { retryMs: retryAfterMs }) })
  }

  function settle(queued: Queued, outcome: SendOutcome): void {
    if (!open.delete(queued)) return
    runs.leave(queued.position, !outcome.ok)
    queued.outcome.resolve(outcome)
  }

  const idle = async () => void (await Promise.all([...open].map(({ outcome }) => outcome.promise)))

  return { submit, idle, queuedSends: () => queue.length }
}

function deliveryOf({ send, key }: Keyed, { seq, at }: { seq: number; at: number }): Delivery {
  const { conversation, id, envelope, session } = send
  const frame = messageFrame({ conversation, seq, kind: 'application', id, from: session.deviceId, at, envelope })
  return { conversation, key, seq, kind: 'application', frame }
}
