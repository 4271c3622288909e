import { type ClientFrames, errors, type Seq } from '@fastchat/schema'
import { fromCheckedBase64Url, sizeOfBase64Url } from '@fastchat/service'
import type { SendOutcome, SendResult, Writer } from '../domain/ports.ts'
import type { SendAdmission } from '../domain/send-admission.ts'
import type { Traces } from '../domain/traces.ts'
import type { OpenDevice } from './open-device.ts'

export type SendDeps = {
  readonly writer: Pick<Writer, 'submit'>
  readonly admission: Pick<SendAdmission, 'refusal'>
  readonly sends: Map<SendResult, number>
  readonly traces: Pick<Traces, 'accepting'> | undefined
}

/** The limit of held conversations. A client above it is broken, and its connection is closed. */
const maxHeldConversations = 1_000

/**
 * Stores a device's send and answers it. A refused send holds its conversation; see
 * `SendOrderGate`.
 */
export async function handleSend(deps: SendDeps, device: OpenDevice, frame: ClientFrames['send']): Promise<void> {
  const traced = deps.traces?.accepting(frame)
  const { sendOrder } = device
  const ticket = sendOrder.admit(frame.conversation, frame.first === true)
  let outcome: SendOutcome = { ok: false, code: ticket === undefined ? 'out_of_line' : 'internal' }
  if (ticket !== undefined) {
    device.unackedSends++
    try {
      outcome = refusalOf(deps, device, frame) ?? (await store(deps, device, frame))
    } finally {
      device.unackedSends--
      sendOrder.settle(ticket, outcome.ok)
    }
  }
  traced?.(outcome)
  count(deps, outcome)
  answer(device, frame, outcome)
  if (sendOrder.heldCount > maxHeldConversations) device.connection.close('rate_limited')
}

function refusalOf({ admission }: SendDeps, { session, unackedSends }: OpenDevice, frame: ClientFrames['send']) {
  return admission.refusal(session, unackedSends, sizeOfBase64Url(frame.envelope))
}

function store({ writer }: SendDeps, { session }: OpenDevice, frame: ClientFrames['send']): Promise<SendOutcome> {
  const { id, conversation, groupNo, epoch, attachments = [], asReader = false } = frame
  const envelope = fromCheckedBase64Url(frame.envelope)
  return writer.submit({ session, conversation, id, groupNo, epoch, envelope, attachments, asReader })
}

function count({ sends }: SendDeps, outcome: SendOutcome): void {
  const result = outcome.ok ? (outcome.duplicate ? 'duplicate' : 'stored') : outcome.code
  sends.set(result, (sends.get(result) ?? 0) + 1)
}

function answer({ connection }: OpenDevice, { id }: ClientFrames['send'], outcome: SendOutcome): void {
  if (outcome.ok) {
    // The cast holds, since positions from the store have the contract's range.
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
