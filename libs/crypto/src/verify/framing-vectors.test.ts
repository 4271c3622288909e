/**
 * The public group's reading of messages against the official vectors: what is hashed and what is signed, at which bytes. They are of
 * groups that are not FastChat's, so `readCommit` refuses each of them; what it builds on runs on them all.
 */
import { encodeGroupContext } from 'ts-mls/groupContext.js'
import { expect, test } from 'vitest'
import { fromHex, testVectors, toHex } from '../test-vectors.ts'
import { concat } from './bytes.ts'
import { readPublicMessage } from './framing.ts'
import { readCommit } from './handshake.ts'
import { isSignedWithLabel } from './signature.ts'
import { confirmedHashAfter, interimHashOf } from './transcript.ts'

/** An MLSMessage with an AuthenticatedContent of a member; its membership tag is not checked without keys. */
const publicMessage = (authenticatedContent: string) => fromHex(`0001${authenticatedContent}20${'00'.repeat(32)}`)

/** Why `readCommit` refuses it: other groups than ours, and what our rules leave out. */
function refusalOf(message: Uint8Array): string {
  try {
    readCommit(message)
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

test('transcript-hashes: all 100, and each has authenticated data, which our commits have not', () => {
  const vectors = testVectors('transcript-hashes')
  for (const v of vectors) {
    const message = publicMessage(v.authenticated_content)
    const { framing } = readPublicMessage(message)
    const confirmed = confirmedHashAfter(fromHex(v.interim_transcript_hash_before), framing)
    expect(toHex(confirmed)).toBe(v.confirmed_transcript_hash_after)
    expect(toHex(interimHashOf(confirmed, framing.confirmationTag))).toBe(v.interim_transcript_hash_after)
    expect(refusalOf(message)).toContain('authenticated data')
  }
  expect(vectors).toHaveLength(100)
})

test('message-protection: the public messages are signed over just those bytes, and over no others', async () => {
  let ran = 0
  for (const v of testVectors('message-protection')) {
    const context = encodeGroupContext({
      ...{ version: 'mls10', cipherSuite: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519', extensions: [] },
      ...{ groupId: fromHex(v.group_id), epoch: BigInt(v.epoch), treeHash: fromHex(v.tree_hash) },
      confirmedTranscriptHash: fromHex(v.confirmed_transcript_hash),
    })
    for (const [message, why] of [
      [v.commit_pub, 'required capabilities'],
      [v.proposal_pub, 'not a commit'],
    ] as const) {
      const { framing } = readPublicMessage(fromHex(message))
      const signed = concat(framing.signedPart, context)
      const isSigned = (bytes: Uint8Array) =>
        isSignedWithLabel(fromHex(v.signature_pub), 'FramedContentTBS', bytes, framing.signature)
      expect(await isSigned(signed)).toBe(true)
      for (const at of [0, framing.signedPart.length - 1, signed.length - 1])
        expect(await isSigned(signed.map((byte, index) => (index === at ? byte ^ 1 : byte)))).toBe(false)
      expect(refusalOf(fromHex(message))).toContain(why)
      ran++
    }
  }
  expect(ran).toBe(2)
})

test('messages: the parts of every public message lie one behind the other, and are all of it', () => {
  let ran = 0
  for (const v of testVectors('messages'))
    for (const hex of [v.public_message_commit, v.public_message_proposal, v.public_message_application]) {
      const message = fromHex(hex)
      const { publicMessage: read, framing } = readPublicMessage(message)
      const { auth } = read
      const tags = [
        ...(auth.contentType === 'commit' ? [auth.confirmationTag] : []),
        ...(read.senderType === 'member' ? [read.membershipTag] : []),
      ]
      const parts = [framing.signedPart, withVector(auth.signature), ...tags.map(withVector)]
      expect(toHex(concat(...parts))).toBe(hex)
      expect(toHex(framing.transcriptInput)).toBe(toHex(concat(...parts.slice(0, 2))).slice(4))
      ran++
    }
  expect(ran).toBe(900)
})

/** A vector of under 2^14 bytes (RFC 9420 §2.1.2). */
function withVector(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  return concat(length < 64 ? Uint8Array.of(length) : Uint8Array.of(0x40 | (length >> 8), length & 0xff), bytes)
}
