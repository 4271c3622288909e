import type { DeviceId, UserId } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'
import { expect, test } from 'vitest'
import {
  createHandoverKeys,
  type HandoverContext,
  HandoverError,
  isHandoverAnswer,
  isHandoverAsk,
  openHandover,
  sealHandover,
  signHandoverAnswer,
  signHandoverAsk,
} from './index.ts'

const userId = '0195f3a0-7c00-7000-8000-000000000001' as UserId
const [laptop, phone] = ['0195f3a0-7c00-7000-8000-000000000002', '0195f3a0-7c00-7000-8000-000000000003'] as [
  DeviceId,
  DeviceId,
]
const id = '0195f3a0-7c00-7000-8000-000000000009'
const parts = new TextEncoder().encode('parts')
const [giver, taker] = [createHandoverKeys(), createHandoverKeys()]
const context: HandoverContext = {
  ...{ userId, id },
  from: { device: laptop, key: giver.publicKey },
  to: { device: phone, key: taker.publicKey },
}

test('only the device that asked opens the parts, and only as those of its ask', async () => {
  const sealed = await sealHandover(giver.privateKey, taker.publicKey, context, parts)
  expect(await openHandover(taker.privateKey, giver.publicKey, context, sealed)).toEqual(parts)
  const others: Partial<HandoverContext>[] = [
    { userId: id as UserId },
    { id: laptop },
    { from: { device: phone, key: giver.publicKey } },
    { to: { device: laptop, key: taker.publicKey } },
  ]
  for (const other of others)
    await expect(openHandover(taker.privateKey, giver.publicKey, { ...context, ...other }, sealed)).rejects.toThrow(
      HandoverError,
    )
  const stranger = createHandoverKeys()
  await expect(openHandover(stranger.privateKey, giver.publicKey, context, sealed)).rejects.toThrow(HandoverError)
  await expect(openHandover(taker.privateKey, new Uint8Array(32), context, sealed)).rejects.toThrow(HandoverError)
})

test('an ask and an answer count for their device, their key and their contents alone', async () => {
  const { secretKey, publicKey } = ed25519.keygen()
  const ask = { userId, device: phone, id, key: taker.publicKey }
  const asked = signHandoverAsk(secretKey, ask)
  expect(await isHandoverAsk(publicKey, ask, asked)).toBe(true)
  expect(await isHandoverAsk(publicKey, { ...ask, key: giver.publicKey }, asked)).toBe(false)
  expect(await isHandoverAsk(publicKey, { ...ask, device: laptop }, asked)).toBe(false)
  const answer = { userId, device: laptop, id, key: giver.publicKey, askKey: taker.publicKey, sealed: parts }
  const answered = signHandoverAnswer(secretKey, answer)
  expect(await isHandoverAnswer(publicKey, answer, answered)).toBe(true)
  expect(await isHandoverAnswer(publicKey, { ...answer, askKey: giver.publicKey }, answered)).toBe(false)
  expect(await isHandoverAnswer(publicKey, { ...answer, sealed: new Uint8Array(5) }, answered)).toBe(false)
  expect(await isHandoverAnswer(ed25519.keygen().publicKey, answer, answered)).toBe(false)
})
