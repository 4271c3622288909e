import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConversationId, DeviceId, Epoch, GroupNo, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { createDeviceKeys, type DeviceIdentity } from '../mls/device.ts'
import { openSignal, type SignalEpoch, sealSignal, signalKeyLabel } from './signal-body.ts'

const id = (last: number) => `019abcde-f012-7345-8678-00000000000${last}`
const key = new Uint8Array(32).fill(7)
// The casts hold: these are ids and numbers in the contract's form.
const at: SignalEpoch = { conversation: id(1) as ConversationId, groupNo: 1 as GroupNo, epoch: 5 as Epoch }
const device = (last: number): DeviceIdentity => ({
  ...createDeviceKeys(),
  userId: id(last) as UserId,
  deviceId: id(last) as DeviceId,
  accountKey: new Uint8Array(32),
  credentialSig: new Uint8Array(64),
})
const [ana, ben] = [device(2), device(3)]
const leafOf = ({ deviceId, signaturePublic }: DeviceIdentity) => ({ deviceId, signatureKey: signaturePublic })
const content = { v: 1, n: 1, kind: 'typing', isOn: true }

test('opens the body that OpenSSL made', async () => {
  const path = join(import.meta.dirname, '../../../../docs/test-vectors/signal.json')
  // The cast holds because the generator writes this form.
  const vector = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string> & SignalEpoch
  const bytes = (name: string) => new Uint8Array(Buffer.from(vector[name] ?? '', 'hex'))
  // The cast holds because the vector has the form of an id.
  const sender = { deviceId: vector.deviceId as DeviceId, signatureKey: bytes('publicKey') }
  const { conversation, groupNo, epoch } = vector
  const opened = await openSignal(bytes('key'), { conversation, groupNo, epoch }, sender, bytes('body'))
  expect(opened).toEqual(JSON.parse(vector.content ?? ''))
  expect(signalKeyLabel).toBe(vector.exporterLabel)
})

test('a signal is opened by those who have the key, and says what its device said', async () => {
  const body = await sealSignal(key, at, ana, content)
  expect(await openSignal(key, at, leafOf(ana), body)).toEqual(content)
  expect(await openSignal(new Uint8Array(32), at, leafOf(ana), body)).toBeUndefined()
})

test('a member who has the key cannot make a signal of another device', async () => {
  const forged = await sealSignal(key, at, { ...ben, deviceId: ana.deviceId }, content)
  expect(await openSignal(key, at, leafOf(ana), forged)).toBeUndefined()
  // Nor under its own name with another's bytes.
  expect(await openSignal(key, at, leafOf(ben), await sealSignal(key, at, ana, content))).toBeUndefined()
})

test.each([
  ['conversation', { ...at, conversation: id(9) as ConversationId }],
  ['group', { ...at, groupNo: 2 as GroupNo }],
  ['epoch', { ...at, epoch: 6 as Epoch }],
])('a signal does not open in another %s, even under the same key', async (_, elsewhere) => {
  expect(await openSignal(key, elsewhere, leafOf(ana), await sealSignal(key, at, ana, content))).toBeUndefined()
})

test('changed, cut and empty bytes do not open', async () => {
  const body = await sealSignal(key, at, ana, content)
  for (const n of [0, 12, 40, body.length - 1]) {
    const changed = body.slice()
    changed[n]! ^= 1
    expect(await openSignal(key, at, leafOf(ana), changed)).toBeUndefined()
  }
  for (const length of [0, 11, 28, 92, body.length - 1])
    expect(await openSignal(key, at, leafOf(ana), body.slice(0, length))).toBeUndefined()
})

test('receipts, typing and presence have the same length', async () => {
  const contents = [
    content,
    { v: 1, n: Number.MAX_SAFE_INTEGER, kind: 'who' },
    { v: 1, n: 1_800_000_000_000, kind: 'receipt', from: 1, delivered: 10 ** 9, read: 10 ** 9 },
  ]
  const sealed = await Promise.all(contents.map((one) => sealSignal(key, at, ana, one)))
  expect(new Set(sealed.map(({ length }) => length))).toEqual(new Set([12 + 64 + 128 + 16]))
})
