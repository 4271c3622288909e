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
 * Stores sends in batches. One batch is in flight; the next one begins when it is stored, and not
 * too soon after its start. So the size of a batch follows the load. The entries of a conversation
 * are announced in order.
 *
 * A send that gets `busy` may be stored, if the connection broke before the answer. Sent again with
 * the same id, it is a duplicate.
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
    await Promise.resolve() // sends of the same turn of the event loop share the first batch
    while (queue.length > 0) {
      const waitMs = queue.waitMs(clock.monotonicMs())
      if (waitMs > 0) await delay(waitMs)
      const batch = queue.takeBatch(clock.monotonicMs())
      if (traces) for (const { waited } of batch) waited?.()
      try {
        await append(await keyed(batch))
      } catch (error) {
        log.error({ err: error, sends: batch.length }, 'batch not stored')
        // The sends behind the batch have waited as long. Reject them now instead of letting them
        // wait as long again.
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

  /**
   * Stores the rows that can be stored. If a batch fails, its halves are tried until the failing
   * row is alone. Only that row is rejected.
   */
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
