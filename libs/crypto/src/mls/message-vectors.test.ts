/** Official vectors for the engine's messages: encoding, protection, transcripts, the Welcome. */
import { decodeMlsMessage, encodeMlsMessage } from 'ts-mls'
import { decodeAuthenticatedContent } from 'ts-mls/authenticatedContent.js'
import type { Decoder } from 'ts-mls/codec/tlsDecoder.js'
import { decodeCommit, encodeCommit } from 'ts-mls/commit.js'
import { verifyConfirmationTag } from 'ts-mls/framedContent.js'
import { verifyGroupInfoConfirmationTag, verifyGroupInfoSignature } from 'ts-mls/groupInfo.js'
import { decodeGroupSecrets, encodeGroupSecrets } from 'ts-mls/groupSecrets.js'
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js'
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js'
import { unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import * as proposals from 'ts-mls/proposal.js'
import { decodeRatchetTree, encodeRatchetTree } from 'ts-mls/ratchetTree.js'
import { createSecretTree } from 'ts-mls/secretTree.js'
import { createConfirmedHash, createInterimHash } from 'ts-mls/transcriptHash.js'
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
import { expect, test } from 'vitest'
import { fromHex, type MessagesVector, testVectors, toHex } from '../../testing/test-vectors.ts'
import { cipherSuite, engineConfig } from './engine.ts'

function decoded<T>(decode: Decoder<T>, hex: string): T {
  const bytes = fromHex(hex)
  const [value, length] = decode(bytes, 0) ?? []
  if (value === undefined || length !== bytes.length) throw new Error('undecodable')
  return value
}

const again =
  <T>(decode: Decoder<T>, encode: (value: T) => Uint8Array) =>
  (hex: string): string =>
    toHex(encode(decoded(decode, hex)))

const message = again(decodeMlsMessage, encodeMlsMessage)
const recoded: Record<keyof MessagesVector, (hex: string) => string> = {
  mls_welcome: message,
  mls_group_info: message,
  mls_key_package: message,
  ratchet_tree: again(decodeRatchetTree, encodeRatchetTree),
  group_secrets: again(decodeGroupSecrets, encodeGroupSecrets),
  add_proposal: again(proposals.decodeAdd, proposals.encodeAdd),
  update_proposal: again(proposals.decodeUpdate, proposals.encodeUpdate),
  remove_proposal: again(proposals.decodeRemove, proposals.encodeRemove),
  pre_shared_key_proposal: again(proposals.decodePSK, proposals.encodePSK),
  re_init_proposal: again(proposals.decodeReinit, proposals.encodeReinit),
  external_init_proposal: again(proposals.decodeExternalInit, proposals.encodeExternalInit),
  group_context_extensions_proposal: again(
    proposals.decodeGroupContextExtensions,
    proposals.encodeGroupContextExtensions,
  ),
  commit: again(decodeCommit, encodeCommit),
  public_message_application: message,
  public_message_proposal: message,
  public_message_commit: message,
  private_message: message,
}

// The cast holds: the table above has every field of the vectors.
const messageKinds = Object.keys(recoded) as (keyof MessagesVector)[]

test.each(messageKinds)('messages: %s is encoded as it was decoded', (kind) => {
  for (const vector of testVectors('messages')) expect(recoded[kind](vector[kind])).toBe(vector[kind])
})

test.each(testVectors('transcript-hashes').map((vector, n) => ({ n, ...vector })))(
  'transcript-hashes: $n',
  async (v) => {
    const { hash } = await cipherSuite
    const { wireformat, content, auth } = decoded(decodeAuthenticatedContent, v.authenticated_content)
    if (content.contentType !== 'commit' || auth.contentType !== 'commit') throw new Error('no commit')
    const input = { wireformat, content, signature: auth.signature }
    const confirmed = await createConfirmedHash(fromHex(v.interim_transcript_hash_before), input, hash)
    expect(toHex(confirmed)).toBe(v.confirmed_transcript_hash_after)
    expect(await verifyConfirmationTag(fromHex(v.confirmation_key), auth.confirmationTag, confirmed, hash)).toBe(true)
    expect(toHex(await createInterimHash(confirmed, auth.confirmationTag, hash))).toBe(v.interim_transcript_hash_after)
  },
)

test.each(testVectors('message-protection'))('message-protection', async (v) => {
  const suite = await cipherSuite
  const context = {
    version: 'mls10' as const,
    cipherSuite: suite.name,
    groupId: fromHex(v.group_id),
    epoch: BigInt(v.epoch),
    treeHash: fromHex(v.tree_hash),
    confirmedTranscriptHash: fromHex(v.confirmed_transcript_hash),
    extensions: [],
  }
  const signer = fromHex(v.signature_pub)
  const contentOf = async (hex: string) => {
    const read = decoded(decodeMlsMessage, hex)
    if (read.wireformat === 'mls_public_message')
      return (await unprotectPublicMessage(fromHex(v.membership_key), context, [], read.publicMessage, suite, signer))
        .content
    if (read.wireformat !== 'mls_private_message') throw new Error('another message')
    // The sender is leaf 1 of 2.
    const tree = await createSecretTree(2, fromHex(v.encryption_secret), suite.kdf)
    const { keyRetentionConfig: keys } = engineConfig
    const secret = fromHex(v.sender_data_secret)
    return (await unprotectPrivateMessage(secret, read.privateMessage, tree, [], context, keys, suite, signer)).content
      .content
  }
  for (const hex of [v.proposal_pub, v.proposal_priv]) {
    const content = await contentOf(hex)
    expect(content.contentType === 'proposal' && toHex(proposals.encodeProposal(content.proposal))).toBe(v.proposal)
  }
  for (const hex of [v.commit_pub, v.commit_priv]) {
    const content = await contentOf(hex)
    expect(content.contentType === 'commit' && toHex(encodeCommit(content.commit))).toBe(v.commit)
  }
  const content = await contentOf(v.application_priv)
  expect(content.contentType === 'application' && toHex(content.applicationData)).toBe(v.application)
})

test.each(testVectors('welcome'))('welcome', async (v) => {
  const suite = await cipherSuite
  const keyPackage = decoded(decodeMlsMessage, v.key_package)
  const welcome = decoded(decodeMlsMessage, v.welcome)
  if (keyPackage.wireformat !== 'mls_key_package' || welcome.wireformat !== 'mls_welcome') throw new Error('no welcome')
  const ref = await makeKeyPackageRef(keyPackage.keyPackage, suite.hash)
  const initKey = await suite.hpke.importPrivateKey(fromHex(v.init_priv))
  const secrets = await decryptGroupSecrets(initKey, ref, welcome.welcome, suite.hpke)
  if (secrets === undefined) throw new Error('no secrets')
  const noPsk = new Uint8Array(suite.kdf.size)
  const info = await decryptGroupInfo(welcome.welcome, secrets.joinerSecret, noPsk, suite)
  if (info === undefined) throw new Error('no GroupInfo')
  expect(await verifyGroupInfoSignature(info, fromHex(v.signer_pub), suite.signature)).toBe(true)
  expect(await verifyGroupInfoConfirmationTag(info, secrets.joinerSecret, noPsk, suite)).toBe(true)
})
