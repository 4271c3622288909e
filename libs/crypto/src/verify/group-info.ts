import { decodeGroupContext, encodeGroupContext, type GroupContext } from 'ts-mls/groupContext.js'
import { decodeItem, wireFormats } from './decode.ts'
import { HandshakeError } from './handshake-error.ts'
import { isSignedWithLabel } from './signature.ts'
import { TlsReader } from './tls-reader.ts'

/** The extension types of a GroupInfo (RFC 9420 §17.3). */
const ratchetTreeType = 2
const externalPubType = 4
const externalPubBytes = 32

/** A GroupInfo (RFC 9420 §12.4.3) with only the two extensions that an external join needs. */
export interface GroupInfo extends SignedGroup {
  /** The HPKE public key, 32 bytes. */
  readonly externalPub: Uint8Array
}

/** The group that a GroupInfo describes, and its signature, which is not checked yet. */
export interface SignedGroup {
  readonly context: GroupContext
  readonly contextBytes: Uint8Array
  /** The contents of the ratchet_tree extension, not decoded. */
  readonly ratchetTree: Uint8Array
  readonly confirmationTag: Uint8Array
  /** The leaf index of the signer. */
  readonly signer: number
  /** The GroupInfoTBS, which the signature covers. */
  readonly signedBytes: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Reads an MLSMessage with a GroupInfo that has its ratchet tree and external key, and no other
 * extension. It checks no signature.
 *
 * @throws HandshakeError `malformed`, `unsupported`
 */
export function readGroupInfo(message: Uint8Array): GroupInfo {
  const reader = new TlsReader(message)
  if (reader.uint16() !== 1 || reader.uint16() !== wireFormats.groupInfo)
    throw new HandshakeError('malformed', 'not an MLSMessage with a GroupInfo')
  const { externalPub, ...group } = readBody(message, reader)
  if (externalPub === undefined) throw new HandshakeError('unsupported', 'group info without its external key')
  return { ...group, externalPub }
}

/**
 * Reads the GroupInfo that was decrypted from a Welcome. It is not an MLSMessage, and mostly has no
 * external key. It checks no signature.
 *
 * @throws HandshakeError `malformed`, `unsupported`
 */
export function readWelcomedGroup(groupInfo: Uint8Array): SignedGroup {
  return readBody(groupInfo, new TlsReader(groupInfo))
}

function readBody(message: Uint8Array, reader: TlsReader): SignedGroup & Partial<Pick<GroupInfo, 'externalPub'>> {
  const start = reader.at
  const codec = { decode: decodeGroupContext, encode: encodeGroupContext }
  const { value: context, bytes: contextBytes } = decodeItem(reader, codec)
  const extensions = readExtensions(reader.vector())
  const confirmationTag = reader.vector()
  const signer = reader.uint32()
  const signedBytes = message.subarray(start, reader.at)
  const signature = reader.vector()
  reader.end()
  return { context, contextBytes, ...extensions, confirmationTag, signer, signedBytes, signature }
}

/** Checks whether the holder of this signature key has signed the GroupInfo. */
export function isGroupInfoSignedBy(
  { signedBytes, signature }: SignedGroup,
  signatureKey: Uint8Array,
): Promise<boolean> {
  return isSignedWithLabel(signatureKey, 'GroupInfoTBS', [signedBytes], signature)
}

function readExtensions(list: Uint8Array): Pick<GroupInfo, 'ratchetTree'> & Partial<Pick<GroupInfo, 'externalPub'>> {
  const reader = new TlsReader(list)
  let ratchetTree: Uint8Array | undefined
  let externalPub: Uint8Array | undefined
  while (!reader.isAtEnd) {
    const type = reader.uint16()
    const data = reader.vector()
    if (type === ratchetTreeType && ratchetTree === undefined) ratchetTree = data
    else if (type === externalPubType && externalPub === undefined) externalPub = readKey(data)
    else throw new HandshakeError('unsupported', 'group info with an extension that is not used here')
  }
  if (ratchetTree === undefined) throw new HandshakeError('unsupported', 'group info without its ratchet tree')
  return { ratchetTree, ...(externalPub && { externalPub }) }
}

function readKey(extension: Uint8Array): Uint8Array {
  const reader = new TlsReader(extension)
  const key = reader.vector()
  reader.end()
  if (key.length !== externalPubBytes) throw new HandshakeError('malformed', 'external key of another length')
  return key
}
