import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceId, UserId } from '@fastchat/schema'
import { x25519 } from '@noble/curves/ed25519.js'
import { expect, test } from 'vitest'
import { isHandoverAnswer, isHandoverAsk, openHandover } from './index.ts'

type Statement = { readonly signatureKey: string; readonly signature: string }

/** OpenSSL made this vector: see docs/test-vectors. The generator writes the type's form. */
const vector = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../docs/test-vectors/handover.json'), 'utf8'),
) as {
  readonly userId: UserId
  readonly id: string
  readonly taker: DeviceId
  readonly giver: DeviceId
  readonly askPrivate: string
  readonly askKey: string
  readonly answerKey: string
  readonly parts: string
  readonly sealed: string
  readonly ask: Statement
  readonly answer: Statement
}
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const [askKey, answerKey, sealed] = [bytes(vector.askKey), bytes(vector.answerKey), bytes(vector.sealed)]
const { userId, id, taker, giver } = vector

test('the device that asked opens the parts of the vector', async () => {
  expect(x25519.getPublicKey(bytes(vector.askPrivate))).toEqual(askKey)
  const context = { userId, id, from: { device: giver, key: answerKey }, to: { device: taker, key: askKey } }
  const opened = await openHandover(bytes(vector.askPrivate), answerKey, context, sealed)
  expect(new TextDecoder().decode(opened)).toBe(vector.parts)
})

test('the ask and the answer of the vector are signed by their devices, and not by the other one', async () => {
  const ask = { userId, id, device: taker, key: askKey }
  const answer = { userId, id, device: giver, key: answerKey, askKey, sealed }
  const [asked, answered] = [bytes(vector.ask.signature), bytes(vector.answer.signature)]
  expect(await isHandoverAsk(bytes(vector.ask.signatureKey), ask, asked)).toBe(true)
  expect(await isHandoverAnswer(bytes(vector.answer.signatureKey), answer, answered)).toBe(true)
  expect(await isHandoverAsk(bytes(vector.answer.signatureKey), ask, asked)).toBe(false)
  expect(await isHandoverAnswer(bytes(vector.answer.signatureKey), { ...answer, sealed: askKey }, answered)).toBe(false)
})
