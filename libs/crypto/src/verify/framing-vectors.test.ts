/**
 * Official vectors for reading commits: which bytes are hashed and which are signed. The vectors
 * are of groups that are not FastChat's, so `readCommit` rejects them. Its parts read all of them.
 */
import { encodeGroupContext } from 'ts-mls/groupContext.js'
import { expect, test } from 'vitest'
import { fromHex, testVectors, toHex } from '../../testing/test-vectors.ts'
import { concat } from './bytes.ts'
import { readCommitMessage } from './commit-message.ts'
import { readCommit } from './handshake.ts'
import { isSignedWithLabel } from './signature.ts'
import { confirmedHashAfter, interimHashOf } from './transcript.ts'

/** Makes an MLSMessage of a member's AuthenticatedContent. Without keys no tag is checked. */
const publicMessage = (authenticatedContent: string) => fromHex(`0001${authenticatedContent}20${'00'.repeat(32)}`)

/** Returns why `readCommit` rejects it: another group, or a part that our rules exclude. */
function refusalOf(message: Uint8Array): string {
  try {
    readCommit(message)
    return 'none'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

test('transcript-hashes: each commit is hashed over the right bytes', () => {
  let ran = 0
  for (const v of testVectors('transcript-hashes')) {
    const message = publicMessage(v.authenticated_content)
    const framing = readCommitMessage(message)
    const confirmed = confirmedHashAfter(fromHex(v.interim_transcript_hash_before), framing)
    expect(toHex(confirmed)).toBe(v.confirmed_transcript_hash_after)
    expect(toHex(interimHashOf(confirmed, framing.confirmationTag))).toBe(v.interim_transcript_hash_after)
    expect(refusalOf(message)).toMatch(/epoch out of range|not JSON/)
    ran++
  }
  expect(ran).toBe(100)
})

test('message-protection: the public commit is signed over exactly these bytes', async () => {
  let ran = 0
  for (const v of testVectors('message-protection')) {
    const context = encodeGroupContext({
      ...{ version: 'mls10', cipherSuite: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519', extensions: [] },
      ...{ groupId: fromHex(v.group_id), epoch: BigInt(v.epoch), treeHash: fromHex(v.tree_hash) },
      confirmedTranscriptHash: fromHex(v.confirmed_transcript_hash),
    })
    const framing = readCommitMessage(fromHex(v.commit_pub))
    const signed = concat(framing.signedPart, context)
    const isSigned = (bytes: Uint8Array) =>
      isSignedWithLabel(fromHex(v.signature_pub), 'FramedContentTBS', [bytes], framing.signature)
    expect(await isSigned(signed)).toBe(true)
    for (const at of [0, framing.signedPart.length - 1, signed.length - 1])
      expect(await isSigned(signed.map((byte, index) => (index === at ? byte ^ 1 : byte)))).toBe(false)
    expect(refusalOf(fromHex(v.commit_pub))).toContain('required capabilities')
    expect(refusalOf(fromHex(v.proposal_pub))).toContain('not a commit')
    ran++
  }
  expect(ran).toBe(1)
})
