import {
  type ConversationId,
  type DeviceId,
  DeviceIdSchema,
  FixedBytes,
  formOf,
  fromBase64Url,
  type GroupNo,
  maxMembers,
  type Roster,
  toBase64Url,
  type UserId,
  UserIdSchema,
} from '@fastchat/schema'
import { type Static, Type } from 'typebox'
import { sha256 } from '#primitives'
import { HandshakeError } from './handshake-error.ts'
import { encodeJson, readCanonicalJson } from './json-statement.ts'
import { encodeRoster } from './roster.ts'
import { isSignedBy, signedBytes } from './signature.ts'

/** A member's signed agreement that the admins of a group no longer have accounts. */
export interface Vote {
  readonly userId: UserId
  /** The voter's device that signed. */
  readonly deviceId: DeviceId
  /** Ed25519 signature by the device's key, 64 bytes, over `voteSignedBytes`. */
  readonly sig: Uint8Array
}

/** The group and roster that a vote is about. A vote says nothing about any other roster. */
export interface VoteSubject {
  readonly conversation: ConversationId
  readonly groupNo: GroupNo
  readonly roster: Roster
}

const label = 'fastchat vote v1'
/** The votes of the largest group take some 50 KB. More is refused before it is parsed. */
export const maxVotesBytes = 64 * 1024

const VotesSchema = Type.Object(
  {
    v: Type.Literal(1),
    votes: Type.Array(
      Type.Object(
        {
          userId: UserIdSchema,
          deviceId: DeviceIdSchema,
          sig: FixedBytes(64, "The device's signature"),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: maxMembers },
    ),
  },
  { additionalProperties: false },
)
const form = formOf(VotesSchema)

/** Returns the bytes that a voter's device signs. The roster is in them as its SHA-256. */
export function voteSignedBytes(
  { conversation, groupNo, roster }: VoteSubject,
  { userId, deviceId }: Pick<Vote, 'userId' | 'deviceId'>,
): Uint8Array {
  return signedBytes(label, [conversation, String(groupNo), sha256(encodeRoster(roster)), userId, deviceId])
}

/** Checks a vote's signature against the signature key in the voter's leaf. */
export function isVoteSigned(subject: VoteSubject, vote: Vote, signatureKey: Uint8Array): Promise<boolean> {
  return isSignedBy(signatureKey, voteSignedBytes(subject, vote), vote.sig)
}

/**
 * Returns the votes as UTF-8 JSON with its keys in one order: the authenticated data of an election
 * commit.
 */
export function encodeVotes(votes: readonly Vote[]): Uint8Array {
  return encodeVotesJson({
    v: 1,
    votes: votes.map(({ sig, ...voter }) => ({ ...voter, sig: toBase64Url(sig) })),
  })
}

/**
 * Reads the votes of a commit. Their signatures are not checked here.
 *
 * @throws HandshakeError `malformed` for other JSON, more votes than members, or two votes of one
 *   user
 */
export function decodeVotes(bytes: Uint8Array): Vote[] {
  if (bytes.length > maxVotesBytes) throw new HandshakeError('malformed', 'votes too large')
  const { votes } = readCanonicalJson(bytes, form, encodeVotesJson)
  if (new Set(votes.map(({ userId }) => userId)).size !== votes.length)
    throw new HandshakeError('malformed', 'two votes of one user')
  return votes.map(({ userId, deviceId, sig }) => ({ userId, deviceId, sig: bytesOf(sig) }))
}

function bytesOf(base64url: string): Uint8Array {
  try {
    return fromBase64Url(base64url)
  } catch (cause) {
    throw new HandshakeError('malformed', 'not base64url', { cause })
  }
}

function encodeVotesJson({ v, votes }: Static<typeof VotesSchema>): Uint8Array {
  return encodeJson({ v, votes: votes.map(({ userId, deviceId, sig }) => ({ userId, deviceId, sig })) })
}
