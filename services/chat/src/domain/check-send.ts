import type { WallMs } from '@fastchat/clock'
import { HandshakeError, readApplicationHeader } from '@fastchat/crypto/verify'
import { type FrameError, limits, type MessageId } from '@fastchat/schema'
import type { SendRequest } from './ports.ts'

const dayMs = 24 * 60 * 60 * 1000

/**
 * An entry stays at least this long, even if each device has it. Until its id expires, a retry must
 * find the original.
 */
export const minRetentionDays = limits.maxMessageAgeDays + 1

/**
 * Returns why a send is refused without asking the database, or undefined. An id over the age limit
 * is refused, because its original may have left the log: a retry could not be told from a new
 * message.
 */
export function refusalOfSend(send: SendRequest, now: WallMs): FrameError<'send'> | undefined {
  return refusalOfId(send.id, now) ?? refusalOfEnvelope(send)
}

/** Returns why an id is refused, or undefined. It serves commits and leave statements, too. */
export function refusalOfId(id: MessageId, now: WallMs): 'bad_request' | 'id_expired' | undefined {
  const madeAt = uuidV7Time(id)
  if (madeAt === undefined) return 'bad_request'
  return now - madeAt > limits.maxMessageAgeDays * dayMs ? 'id_expired' : undefined
}

/**
 * Returns the time of a UUIDv7 in milliseconds since 1970 (RFC 9562 §5.7). Undefined for other
 * versions.
 */
function uuidV7Time(id: string): number | undefined {
  return id[14] === '7' ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : undefined
}

/**
 * Compares the envelope's public header with the frame. They must agree, since the log accepts
 * messages by their epoch.
 */
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
