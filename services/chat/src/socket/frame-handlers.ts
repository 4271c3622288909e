import { type ClientFrames, errors, limits, type Seq } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import type { SendOutcome } from '../domain/ports.ts'
import { takeToken } from '../domain/token-buckets.ts'
import { costlyRate, type OpenDevice } from './open-device.ts'
import type { FrameType } from './parse-frame.ts'

/** What each frame of an open connection does. What a handler throws is answered as an `error` to the frame's id. */
export type FrameHandlers = {
  readonly [T in FrameType]: (device: OpenDevice, frame: ClientFrames[T]) => void | Promise<void>
}

export const frameHandlers: FrameHandlers = {
  hello() {
    throw new AppError('bad_request')
  },

  async token(device, { id, token }) {
    takeAllowance(device)
    const { userId, deviceId, expiresAt } = await device.hub.verify(token)
    const { session } = device
    if (userId !== session.userId || deviceId !== session.deviceId) throw new AppError('forbidden')
    device.tokenEndsAt = Math.max(device.tokenEndsAt, expiresAt)
    device.connection.send({ t: 'ok', id })
  },

  async send(device, frame) {
    const traced = device.hub.traces?.accepting(frame)
    const ticket = device.lines.admit(frame.conversation, frame.first === true)
    if (ticket === undefined) return answerSend(device, frame, { ok: false, code: 'out_of_line' }, traced)
    let outcome: SendOutcome = { ok: false, code: 'internal' }
    device.unackedSends++
    try {
      outcome = refusalAtTheDoor(device, frame) ?? (await store(device, frame))
    } finally {
      device.unackedSends--
      device.lines.settle(ticket, outcome.ok)
    }
    answerSend(device, frame, outcome, traced)
    if (device.lines.heldCount > maxHeldLines) device.connection.close('rate_limited')
  },

  async fetch(device, { id, conversation, after }) {
    const { feed, connection } = device
    takeAllowance(device)
    await feed.known()
    if (!feed.has(conversation)) throw new AppError('not_found')
    connection.send({ t: 'ok', id })
    feed.rewind(conversation, after)
  },

  ack({ feed }, { conversation, seq }) {
    feed.ack(conversation, seq)
  },

  ping({ connection }, { id }) {
    connection.send({ t: 'ok', id })
  },
}

/** Conversations whose sends were refused and not started again: nobody has so many that matter. */
const maxHeldLines = 1_000
/** For a client that sends more at once than it was told: about the time that one ack takes. */
const tooManyRetryMs = 250
/** As often as it is judged anew. */
const overloadRetryMs = 2_000

const tooLarge: SendOutcome = { ok: false, code: 'too_large', details: { maxBytes: limits.maxEnvelopeBytes } }

function takeAllowance({ costly, hub }: OpenDevice): void {
  const retryMs = takeToken(costly, costlyRate, hub.nowMs())
  if (retryMs > 0) throw new AppError('rate_limited', undefined, { retryMs })
}

/** Decides at once, so that the hold is there before the next frame is read. */
function refusalAtTheDoor(
  { hub, session, unackedSends }: OpenDevice,
  { envelope }: ClientFrames['send'],
): SendOutcome | undefined {
  if (hub.overload.refusesSends) return { ok: false, code: 'busy', retryMs: overloadRetryMs }
  if (unackedSends > limits.maxUnackedSends) return { ok: false, code: 'rate_limited', retryMs: tooManyRetryMs }
  const retryMs = hub.sends.take(session.device, hub.nowMs()) || hub.rates.userSends.take(session.userId)
  if (retryMs > 0) return { ok: false, code: 'rate_limited', retryMs }
  return Buffer.byteLength(envelope, 'base64url') > limits.maxEnvelopeBytes ? tooLarge : undefined
}

function store({ hub, session }: OpenDevice, frame: ClientFrames['send']): Promise<SendOutcome> {
  const { id, conversation, groupNo, epoch, attachments = [] } = frame
  const envelope = Buffer.from(frame.envelope, 'base64url')
  return hub.store.writer.submit({ session, conversation, id, groupNo, epoch, envelope, attachments })
}

function answerSend(
  { connection, hub }: OpenDevice,
  { id }: ClientFrames['send'],
  outcome: SendOutcome,
  traced: ((outcome: SendOutcome) => void) | undefined,
): void {
  traced?.(outcome)
  const result = outcome.ok ? (outcome.duplicate ? 'duplicate' : 'stored') : outcome.code
  hub.counts.sends.set(result, (hub.counts.sends.get(result) ?? 0) + 1)
  if (outcome.ok) {
    // A sequence number from the store is one of the contract.
    const seq = outcome.seq as Seq
    connection.send({ t: 'ok', id, seq, at: outcome.at, ...(outcome.duplicate && { duplicate: true }) })
    return
  }
  const { code, retryMs, details } = outcome
  const { message } = errors[code]
  connection.send({
    t: 'error',
    id,
    code,
    message,
    ...(details && { details }),
    ...(retryMs !== undefined && { retryMs }),
  })
}
