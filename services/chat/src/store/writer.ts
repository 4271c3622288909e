import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from '@fastchat/db'
import type { FrameError } from '@fastchat/schema'
import type { Logger } from '@fastchat/service'
import { refusalOfSend } from '../domain/check-send.ts'
import type { Announce, ConversationKey, Delivery, SendOutcome, SendRequest, Writer } from '../domain/ports.ts'
import { createSendLines, isBehindRefused, type LinePlace } from '../domain/send-line.ts'
import type { Traces } from '../domain/traces.ts'
import { appendBatch, unlockedConversations } from './append-batch.ts'
import type { ConversationKeys } from './conversation-keys.ts'
import { isLockTimeout, isUnavailable } from './database-errors.ts'
import { messageFrame } from './message-frame.ts'

/** More rows no longer make a row cheaper, but every row waits for the whole batch. */
const maxBatchRows = 200
const maxBatchBytes = 512 * 1024
/**
 * From one batch's beginning to the next one's, unless one is full. A batch costs some 2 ms of CPU however small it is; at 1 000 sends
 * a second this pause saves a third of the CPU of each. A send that comes after a quiet time waits for nothing.
 */
const paceMs = 5
/** About a third of a second's work at full speed: past it, waiting costs the client more than coming back. */
const maxQueuedSends = 5_000
const maxQueuedBytes = 16 * 1024 * 1024
/**
 * How long a rejected client should wait. A batch takes about 10 ms; a restart of the database
 * takes seconds.
 */
const retryMs = { full: 250, locked: 250, unavailable: 1_000 }

export type WriterDeps = {
  /** A pool with a short lock_timeout, used only for the writer. */
  readonly pool: Pool
  readonly keys: ConversationKeys
  readonly announce: Announce
  readonly log: Pick<Logger, 'error'>
  /**
   * Called with the number of rows when a batch begins. The function that it returns is called when
   * the batch is stored.
   */
  readonly onAppend?: (rows: number) => () => void
  readonly traces?: Pick<Traces, 'waiting' | 'appending'> | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

type Queued = {
  readonly send: SendRequest
  readonly place: LinePlace
  readonly outcome: PromiseWithResolvers<SendOutcome>
  /** Called when its batch begins. */
  waited: (() => void) | undefined
}
type Keyed = { readonly queued: Queued; readonly send: SendRequest; readonly key: ConversationKey }

/**
 * Stores sends in batches. One batch is in flight; the next one begins when it is stored, and not
 * too soon after its start. So the size of a batch follows the load. The entries of a conversation
 * are announced in order.
 *
 * A send that gets `busy` may be stored, if the connection broke before the answer. Sent again with
 * the same id, it is a duplicate.
 */
export function createWriter({ pool, keys, announce, log, onAppend, traces, now }: WriterDeps): Writer {
  const lines = createSendLines()
  const open = new Set<Queued>()
  let queue: Queued[] = []
  let queuedBytes = 0
  let isRunning = false
  let beganAtMs = 0

  function submit(send: SendRequest): Promise<SendOutcome> {
    const place = lines.enter(send.session.device, send.conversation)
    const queued: Queued = { send, place, outcome: Promise.withResolvers(), waited: undefined }
    open.add(queued)
    const isFull = queue.length >= maxQueuedSends || queuedBytes + send.envelope.length > maxQueuedBytes
    const refusal = isBehindRefused(place) ? 'out_of_line' : refusalOfSend(send, now())
    if (refusal) refuse(queued, refusal)
    else if (isFull) refuse(queued, 'busy', retryMs.full)
    else {
      queue.push(queued)
      queued.waited = traces?.waiting(send)
      queuedBytes += send.envelope.length
      if (!isRunning) void run()
    }
    return queued.outcome.promise
  }

  async function run(): Promise<void> {
    isRunning = true
    await Promise.resolve() // sends of the same turn of the event loop share the first batch
    while (queue.length > 0) {
      await inPace()
      const batch = takeBatch()
      try {
        await append(await keyed(batch))
      } catch (error) {
        log.error({ err: error, sends: batch.length }, 'batch not stored')
        // The sends behind the batch have waited as long. Reject them now instead of letting them
        // wait as long again.
        for (const queued of [...batch, ...takeAll()]) refuse(queued, 'busy', retryMs.unavailable)
      }
    }
    isRunning = false
  }

  async function inPace(): Promise<void> {
    // The clock may have been set: never longer than the pace.
    const waitMs = Math.min(paceMs, beganAtMs + paceMs - now())
    if (waitMs > 0 && queue.length < maxBatchRows) await delay(waitMs)
    beganAtMs = now()
  }

  function takeAll(): Queued[] {
    const all = queue
    queue = []
    queuedBytes = 0
    return all
  }

  function takeBatch(): Queued[] {
    let rows = 0
    let bytes = 0
    for (const { send } of queue) {
      if (rows === maxBatchRows || (rows > 0 && bytes + send.envelope.length > maxBatchBytes)) break
      rows++
      bytes += send.envelope.length
    }
    const batch = queue.slice(0, rows)
    queue = queue.slice(rows)
    queuedBytes -= bytes
    if (traces) for (const { waited } of batch) waited?.()
    return batch
  }

  async function keyed(batch: readonly Queued[]): Promise<Keyed[]> {
    await keys.load(batch.map(({ send }) => send.conversation))
    return batch.flatMap((queued) => {
      const key = keys.get(queued.send.conversation)
      if (key !== undefined) return [{ queued, send: queued.send, key }]
      refuse(queued, isBehindRefused(queued.place) ? 'out_of_line' : 'not_found')
      return []
    })
  }

  /**
   * Stores the rows that can be stored. If a batch fails, its halves are tried until the failing
   * row is alone. Only that row is rejected.
   */
  async function append(batch: readonly Keyed[]): Promise<void> {
    const rows = batch.filter(({ queued }) => !isBehindRefused(queued.place))
    for (const { queued } of batch) if (isBehindRefused(queued.place)) refuse(queued, 'out_of_line')
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
      // Reject the rows whose conversation is locked. Halving the batch would wait for the same
      // lock at every step.
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
    // Stored sends are in order already. A duplicate that is announced again has an earlier number.
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
    lines.leave(queued.place, !outcome.ok)
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
