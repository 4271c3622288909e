/** The engine joins the groups of the official vectors and follows their commits. */
import { decodeMlsMessage, joinGroup, makePskIndex, processPublicMessage } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import type { PrivateKeyPackage } from 'ts-mls/keyPackage.js'
import { decodeRatchetTree } from 'ts-mls/ratchetTree.js'
import { expect, test } from 'vitest'
import { fromHex, type PassiveClientVector, testVectors, toHex } from '../../testing/test-vectors.ts'
import { cipherSuite, engineConfig } from './engine.ts'

/** 200 commits take about 10 s. */
const longTimeoutMs = 180_000

/** The vectors have other credentials than ours, and use resumption secrets of past epochs. */
const config = {
  ...engineConfig,
  authService: { validateCredential: async () => true },
  keyRetentionConfig: { ...engineConfig.keyRetentionConfig, retainKeysForEpochs: 64 },
}

function read(hex: string) {
  const message = decodeMlsMessage(fromHex(hex), 0)?.[0]
  if (message === undefined) throw new Error('undecodable')
  return message
}

const psksOf = (vector: PassiveClientVector): Record<string, Uint8Array> =>
  Object.fromEntries(
    vector.external_psks.map(({ psk_id, psk }) => [Buffer.from(psk_id, 'hex').toString('base64'), fromHex(psk)]),
  )

async function join(vector: PassiveClientVector, keys: Partial<PrivateKeyPackage> = {}): Promise<ClientState> {
  const [packaged, welcome] = [read(vector.key_package), read(vector.welcome)]
  if (packaged.wireformat !== 'mls_key_package' || welcome.wireformat !== 'mls_welcome') throw new Error('no welcome')
  const privatePackage = {
    initPrivateKey: fromHex(vector.init_priv),
    hpkePrivateKey: fromHex(vector.encryption_priv),
    signaturePrivateKey: fromHex(vector.signature_priv),
    ...keys,
  }
  const tree = vector.ratchet_tree === null ? undefined : decodeRatchetTree(fromHex(vector.ratchet_tree), 0)?.[0]
  const psks = makePskIndex(undefined, psksOf(vector))
  const suite = await cipherSuite
  return joinGroup(welcome.welcome, packaged.keyPackage, privatePackage, psks, suite, tree, undefined, config)
}

async function process(state: ClientState, vector: PassiveClientVector, hex: string): Promise<ClientState> {
  const message = read(hex)
  if (message.wireformat !== 'mls_public_message') throw new Error('another message')
  const psks = makePskIndex(state, psksOf(vector))
  return (await processPublicMessage(state, message.publicMessage, psks, await cipherSuite)).newState
}

const vectors = (
  ['passive-client-welcome', 'passive-client-handling-commit', 'passive-client-random'] as const
).flatMap((name) => testVectors(name).map((vector, n) => ({ name: `${name} ${n}`, vector })))

test.each(vectors)('$name', { timeout: longTimeoutMs }, async ({ vector }) => {
  let state = await join(vector)
  expect(toHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator)
  for (const { proposals, commit, epoch_authenticator } of vector.epochs) {
    for (const proposal of proposals) state = await process(state, vector, proposal)
    state = await process(state, vector, commit)
    expect(toHex(state.keySchedule.epochAuthenticator)).toBe(epoch_authenticator)
  }
})
