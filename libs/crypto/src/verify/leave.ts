import {
  type ConversationId,
  ConversationIdSchema,
  DeviceIdSchema,
  type Epoch,
  EpochSchema,
  FixedBytes,
  formOf,
  type GroupNo,
  GroupNoSchema,
  toBase64Url,
  UserIdSchema,
} from '@fastchat/schema'
import { type Static, Type } from 'typebox'
import { type CredentialClaims, verifyDeviceSignature } from './credential.ts'
import { HandshakeError } from './handshake-error.ts'
import { bytesOfField, encodeJson, readCanonicalJson } from './json-statement.ts'
import { isSignedBy, signedBytes } from './signature.ts'

/**
 * One state of one group. Nobody can know its transcript hash in advance, so a statement about it
 * cannot be used again later.
 */
export interface GroupMoment {
  conversation: ConversationId
  groupNo: GroupNo
  epoch: Epoch
  /** The confirmed transcript hash (RFC 9420 §8.2), 32 bytes. */
  transcript: Uint8Array
}

/**
 * A user's wish to leave a group, as it is at one epoch. A member cannot commit its own removal
 * (RFC 9420 §12.4), so a device of the user signs a statement; it need not be in the group. The
 * next committer removes all leaves of the user.
 */
export interface LeaveClaims extends GroupMoment, CredentialClaims {}

const label = 'fastchat leave v2'

const LeaveSchema = Type.Object(
  {
    v: Type.Literal(2),
    conversation: ConversationIdSchema,
    groupNo: GroupNoSchema,
    epoch: EpochSchema,
    transcript: FixedBytes(32, 'Confirmed transcript hash of that epoch'),
    userId: UserIdSchema,
    deviceId: DeviceIdSchema,
    accountKey: FixedBytes(32, 'Ed25519 public key of the account'),
    signatureKey: FixedBytes(32, 'Ed25519 public key of the device'),
    credentialSig: FixedBytes(64, "The account key's signature for the device"),
    sig: FixedBytes(64, "The device's signature"),
  },
  { additionalProperties: false },
)
const form = formOf(LeaveSchema)

/** Returns the bytes that the device signs to leave. */
export function leaveSignedBytes({
  conversation,
  groupNo,
  epoch,
  transcript,
  userId,
  deviceId,
}: LeaveClaims): Uint8Array {
  return signedBytes(label, [conversation, String(groupNo), String(epoch), transcript, userId, deviceId])
}

/** Encodes the statement as UTF-8 JSON with its keys in fixed order. */
export function encodeLeave(leave: LeaveClaims & { credentialSig: Uint8Array; sig: Uint8Array }): Uint8Array {
  const { conversation, groupNo, epoch, userId, deviceId } = leave
  return encodeLeaveJson({
    v: 2,
    ...{ conversation, groupNo, epoch, userId, deviceId },
    transcript: toBase64Url(leave.transcript),
    accountKey: toBase64Url(leave.accountKey),
    signatureKey: toBase64Url(leave.signatureKey),
    credentialSig: toBase64Url(leave.credentialSig),
    sig: toBase64Url(leave.sig),
  })
}

/**
 * Reads a leave statement and checks both signatures: that of the account key for the device, and
 * that of the device for the leave. The caller must compare the account key with the user's, and
 * the moment with the present one.
 *
 * @throws HandshakeError `malformed`, `bad_credential`, `bad_signature`
 */
export async function verifyLeave(statement: Uint8Array): Promise<LeaveClaims> {
  const { sig, credentialSig, ...claims } = decode(statement)
  if (!(await verifyDeviceSignature({ ...claims, sig: credentialSig })))
    throw new HandshakeError('bad_credential', 'device not signed by the account key')
  if (!(await isSignedBy(claims.signatureKey, leaveSignedBytes(claims), sig)))
    throw new HandshakeError('bad_signature', 'leave not signed by the device')
  return claims
}

function decode(statement: Uint8Array): LeaveClaims & { credentialSig: Uint8Array; sig: Uint8Array } {
  const { v: _, ...leave } = readCanonicalJson(statement, form, encodeLeaveJson)
  const { conversation, groupNo, epoch, userId, deviceId } = leave
  return {
    ...{ conversation, groupNo, epoch, userId, deviceId },
    transcript: bytesOfField(leave.transcript),
    accountKey: bytesOfField(leave.accountKey),
    signatureKey: bytesOfField(leave.signatureKey),
    credentialSig: bytesOfField(leave.credentialSig),
    sig: bytesOfField(leave.sig),
  }
}

function encodeLeaveJson(leave: Static<typeof LeaveSchema>): Uint8Array {
  const { v, conversation, groupNo, epoch, transcript, userId, deviceId } = leave
  const { accountKey, signatureKey, credentialSig, sig } = leave
  return encodeJson({
    ...{ v, conversation, groupNo, epoch, transcript, userId, deviceId },
    ...{ accountKey, signatureKey, credentialSig, sig },
  })
}
