import {
  type ConversationId,
  ConversationIdSchema,
  type DeviceId,
  DeviceIdSchema,
  FixedBytes,
  fromBase64Url,
  type GroupNo,
  GroupNoSchema,
  type UserId,
  UserIdSchema,
} from '@fastchat/schema'
import { type Static, Type } from 'typebox'
import { HandshakeError } from './handshake-error.ts'
import { encodeJson, readCanonicalJson } from './json-statement.ts'
import { isSignedBy, signedBytes } from './signature.ts'

/**
 * A user's wish to leave one group of a conversation. A member can't commit its own removal (RFC 9420 §12.4), so it says
 * so in a statement signed by its device, and the next committer removes all the user's leaves.
 */
export interface LeaveClaims {
  conversation: ConversationId
  groupNo: GroupNo
  userId: UserId
  deviceId: DeviceId
}

const label = 'fastchat leave v1'

const LeaveSchema = Type.Object(
  {
    v: Type.Literal(1),
    conversation: ConversationIdSchema,
    groupNo: GroupNoSchema,
    userId: UserIdSchema,
    deviceId: DeviceIdSchema,
    sig: FixedBytes(64, "The device's signature"),
  },
  { additionalProperties: false },
)

/** What the device signs to leave. */
export function leaveSignedBytes({ conversation, groupNo, userId, deviceId }: LeaveClaims): Uint8Array {
  return signedBytes(label, [conversation, String(groupNo), userId, deviceId])
}

/** The statement as UTF-8 JSON; `sig` is base64url. */
export function encodeLeave(leave: LeaveClaims & { sig: string }): Uint8Array {
  return encodeLeaveJson({ v: 1, ...leave })
}

/**
 * Checks a leave statement against the signature key of the device that it names; the caller looks that key up (by
 * `readLeave`) among the group's leaves.
 *
 * @throws HandshakeError `malformed`, `bad_signature`
 */
export async function verifyLeave(statement: Uint8Array, signatureKey: Uint8Array): Promise<LeaveClaims> {
  const { sig, ...claims } = decode(statement)
  if (!(await isSignedBy(signatureKey, leaveSignedBytes(claims), sig)))
    throw new HandshakeError('bad_signature', 'leave not signed by the device')
  return claims
}

/**
 * What the statement says, not yet checked: to find the key to check it with.
 *
 * @throws HandshakeError `malformed`
 */
export function readLeave(statement: Uint8Array): LeaveClaims {
  const { sig: _, ...claims } = decode(statement)
  return claims
}

function decode(statement: Uint8Array): LeaveClaims & { sig: Uint8Array } {
  const { v: _, sig, ...claims } = readCanonicalJson(statement, LeaveSchema, encodeLeaveJson)
  try {
    return { ...claims, sig: fromBase64Url(sig) }
  } catch (cause) {
    throw new HandshakeError('malformed', 'not base64url', { cause })
  }
}

function encodeLeaveJson({ v, conversation, groupNo, userId, deviceId, sig }: Static<typeof LeaveSchema>): Uint8Array {
  return encodeJson({ v, conversation, groupNo, userId, deviceId, sig })
}
