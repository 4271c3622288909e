import { HandshakeError, readApplicationHeader } from '@fastchat/crypto/verify'
import { type FrameError, limits, type MessageId } from '@fastchat/schema'
import type { SendRequest } from './ports.ts'

const dayMs = 24 * 60 * 60 * 1000

/** An entry stays at least this long although every device has it: until its id is refused, it is what shows a repetition. */
export const minRetentionDays = limits.maxMessageAgeDays + 1

/**
 * What can be said about a send without the database; undefined when nothing is wrong. An id that is too old could no
 * longer be told from a duplicate, because its original may have left the log.
 */
export function refusalOfSend(send: SendRequest, now: number): FrameError<'send'> | undefined {
  return refusalOfId(send.id, now) ?? refusalOfEnvelope(send)
}

/** Also for the ids of commits and leave statements. */
export function refusalOfId(id: MessageId, now: number): 'bad_request' | 'id_expired' | undefined {
  const madeAt = uuidV7Time(id)
  if (madeAt === undefined) return 'bad_request'
  return now - madeAt > limits.maxMessageAgeDays * dayMs ? 'id_expired' : undefined
}

/** When a UUIDv7 was made, milliseconds since 1970 (RFC 9562 §5.7); undefined for another version. */
function uuidV7Time(id: string): number | undefined {
  return id[14] === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined
}

/** The header that everybody can read must say what the frame claims: the epoch is what the log orders messages by. */
function refusalOfEnvelope({ envelope, conversation, groupNo, epoch }: SendRequest): 'malformed_handshake' | undefined {
  try {
    const header = readApplicationHeader(envelope)
    const isTrue = header.conversation === conversation && header.groupNo === groupNo && header.epoch === epoch
    return isTrue ? undefined : 'malformed_handshake'
  } catch (error) {
    if (error instanceof HandshakeError) return 'malformed_handshake'
    throw error
  }
}
