import { decodePublicMessage, encodePublicMessage, type PublicMessage } from 'ts-mls/publicMessage.js'
import { withLength } from './bytes.ts'
import { decodeMessage } from './decode.ts'
import { HandshakeError } from './handshake-error.ts'

/** The parts of a PublicMessage that are signed and hashed, as they stand in it (RFC 9420 §6.1, §8.2). */
export interface Framing {
  readonly signature: Uint8Array
  /** Of a commit; empty otherwise. */
  readonly confirmationTag: Uint8Array
  /** Version, wire format and FramedContent: what the signature covers, but for the group context behind it. */
  readonly signedPart: Uint8Array
  /** ConfirmedTranscriptHashInput (RFC 9420 §8.2). */
  readonly transcriptInput: Uint8Array
}

const tagBytes = 32
const versionBytes = 2

/**
 * Reads an MLSMessage with a PublicMessage in canonical form. Checks no signature, tag or content.
 *
 * @throws HandshakeError `malformed`
 */
export function readPublicMessage(message: Uint8Array): {
  readonly publicMessage: PublicMessage
  readonly framing: Framing
} {
  const codec = { decode: decodePublicMessage, encode: encodePublicMessage }
  const publicMessage = decodeMessage(message, 'publicMessage', codec)
  return { publicMessage, framing: framingOf(message, publicMessage) }
}

function framingOf(message: Uint8Array, { auth, ...rest }: PublicMessage): Framing {
  const { signature } = auth
  const confirmationTag = auth.contentType === 'commit' ? auth.confirmationTag : new Uint8Array()
  const membershipTag = rest.senderType === 'member' ? rest.membershipTag : undefined
  const tags = [...(auth.contentType === 'commit' ? [confirmationTag] : []), ...(membershipTag ? [membershipTag] : [])]
  if (tags.some((tag) => tag.length !== tagBytes)) throw new HandshakeError('malformed', 'tag of another length')
  const signatureEnd = message.length - tags.reduce((total, tag) => total + withLength(tag).length, 0)
  const contentEnd = signatureEnd - withLength(signature).length
  return {
    signature,
    confirmationTag,
    signedPart: message.subarray(0, contentEnd),
    transcriptInput: message.subarray(versionBytes, signatureEnd),
  }
}
