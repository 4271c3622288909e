import { sealSignal, signalKeyBytes, signalKeyLabel } from '@fastchat/crypto'
import { fromBase64Url, type ServerFrames, toBase64Url } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { conversation } from '../../testing/devices.ts'
import { SignalDevice, threeMembers } from '../../testing/signal-device.ts'
import { Batch } from '../store/records.ts'

let ana: SignalDevice
let ben: SignalDevice
let cleo: SignalDevice

beforeEach(async () => {
  ;({ ana, ben, cleo } = await threeMembers())
})

const receiptsOf = (device: SignalDevice, seq: number) =>
  Object.fromEntries(device.signals.receipts.at(conversation, seq).map(({ user, state }) => [user, state]))

/** Ben's receipt after he got Ana's message at `seq`, and perhaps read it. */
async function receiptOf(device: SignalDevice, seq: number, readSeq = 0) {
  device.shows(seq, ana.identity)
  device.change({ readSeq })
  await device.signals.receipts.flush()
  return device.takeSent()
}

test('ticks go from stored to delivered to read, when all others have told so', async () => {
  ana.change({ cursor: 12 })
  expect(ana.signals.receipts.stateAt(conversation, 11)).toBe('stored')
  await ana.hears(...(await receiptOf(ben, 11)))
  expect(receiptsOf(ana, 11)).toEqual({ [ben.identity.userId]: 'delivered', [cleo.identity.userId]: 'none' })
  expect(ana.signals.receipts.stateAt(conversation, 11)).toBe('stored')
  await ana.hears(...(await receiptOf(cleo, 12, 12)))
  expect(ana.signals.receipts.stateAt(conversation, 11)).toBe('delivered')
  await ana.hears(...(await receiptOf(ben, 12, 11)))
  expect(ana.signals.receipts.stateAt(conversation, 11)).toBe('read')
  expect(ana.signals.receipts.stateAt(conversation, 12)).toBe('delivered')
})

test('many messages in one second make one receipt, and own messages none', async () => {
  for (let seq = 11; seq < 31; seq++) ben.shows(seq, ana.identity)
  await ben.signals.receipts.flush()
  expect(ben.takeSent()).toHaveLength(1)
  ben.shows(31, ben.identity)
  ben.change({ readSeq: 31 })
  await ben.signals.receipts.flush()
  const [toAna] = ben.takeSent()
  expect(toAna).toBeDefined() // he has read Ana's messages now
  ben.shows(32, ben.identity)
  ben.change({ readSeq: 32 })
  await ben.signals.receipts.flush()
  expect(ben.takeSent()).toEqual([])
})

test('a receipt cannot be forged by another member, nor moved to another device', async () => {
  ana.change({ cursor: 12 })
  const [cleos] = await receiptOf(cleo, 12, 12)
  await ana.hears({ ...cleos!, device: ben.identity.deviceId })
  const { groupNo, epoch } = ana.group
  const at = { conversation, groupNo, epoch }
  const key = await cleo.group.exportSecret(signalKeyLabel, new TextEncoder().encode(conversation), signalKeyBytes)
  const content = { v: 1, n: 1, kind: 'receipt', from: 1, delivered: 12, read: 12 }
  const forged = await sealSignal(key, at, { ...cleo.identity, deviceId: ben.identity.deviceId }, content)
  await ana.hears({ t: 'signaled', ...at, device: ben.identity.deviceId, body: toBase64Url(forged) })
  expect(receiptsOf(ana, 12)).toEqual({ [ben.identity.userId]: 'none', [cleo.identity.userId]: 'none' })
})

test('receipts that the server repeats, reorders or changes take nothing back', async () => {
  ana.change({ cursor: 13 })
  const first = await receiptOf(ben, 11)
  const last = await receiptOf(ben, 13, 13)
  await ana.hears(...last, ...first, ...last)
  expect(receiptsOf(ana, 13)[ben.identity.userId]).toBe('read')
  const changed = fromBase64Url(last[0]!.body)
  changed[20]! ^= 1
  await ana.hears({ ...last[0]!, body: toBase64Url(changed) })
  await ana.hears({ ...last[0]!, epoch: (last[0]!.epoch + 1) as ServerFrames['signaled']['epoch'] })
  expect(ana.errors).toEqual([])
})

test('a receipt beyond the log counts as none', async () => {
  ana.change({ cursor: 11 })
  ben.change({ cursor: 1_000_000, readSeq: 1_000_000 })
  await ana.hears(...(await receiptOf(ben, 1_000_000, 1_000_000)))
  expect(receiptsOf(ana, 11)[ben.identity.userId]).toBe('read')
  ana.change({ cursor: 12 })
  expect(receiptsOf(ana, 12)[ben.identity.userId]).toBe('none')
})

test('a receipt of an earlier epoch still counts, and typing of an earlier epoch does not', async () => {
  ana.change({ cursor: 11 })
  const receipt = await receiptOf(ben, 11)
  ben.signals.typing.type(conversation)
  await ben.signals.idle()
  const typing = ben.takeSent()
  expect(typing).toHaveLength(1)
  const { pending } = await ana.group.commit({ trust: () => true })
  await ana.signals.idle()
  ana.group = pending
  ana.change({ lawful: { groupNo: pending.groupNo, epoch: pending.epoch } })
  await ana.hears(...receipt, ...typing)
  expect(receiptsOf(ana, 11)[ben.identity.userId]).toBe('delivered')
  expect(ana.signals.typing.in(conversation)).toEqual([])
})

test('a user who came after a message does not count for it', async () => {
  ana.change({ cursor: 12 })
  cleo.change({ joinedSeq: 11 })
  await ana.hears(...(await receiptOf(cleo, 12, 12)), ...(await receiptOf(ben, 12, 12)))
  expect(receiptsOf(ana, 11)).toEqual({ [ben.identity.userId]: 'read' })
  expect(ana.signals.receipts.stateAt(conversation, 11)).toBe('read')
})

test('typing is shown until a message, the end, or five silent seconds; a repetition shows nothing', async () => {
  const seen: number[] = []
  ana.signals.on('typing', ({ users }) => seen.push(users.length))
  ben.signals.typing.type(conversation)
  ben.signals.typing.type(conversation) // within the refresh: no second sign
  await ben.signals.idle()
  const typing = ben.takeSent()
  expect(typing).toHaveLength(1)
  await ana.hears(...typing)
  expect(ana.signals.typing.in(conversation)).toEqual([ben.identity.userId])
  ana.shows(11, ben.identity)
  expect(ana.signals.typing.in(conversation)).toEqual([])
  await ana.hears(...typing)
  expect(ana.signals.typing.in(conversation)).toEqual([])
  for (const device of [ana, ben]) device.clock.ms += 3_000
  ben.signals.typing.type(conversation)
  await ben.signals.idle()
  await ana.hears(...ben.takeSent())
  expect(ana.signals.typing.in(conversation)).toEqual([ben.identity.userId])
  ana.clock.ms += 5_000
  expect(ana.signals.typing.in(conversation)).toEqual([])
  expect(seen).toEqual([1, 0, 1])
  ana.signals.typing.stop()
})

test('a sign that the server held back for long is passed over, also after a restart', async () => {
  ben.signals.typing.type(conversation)
  await ben.signals.idle()
  const typing = ben.takeSent()
  ana.clock.ms += 6 * 60_000
  await ana.hears(...typing)
  expect(ana.signals.typing.in(conversation)).toEqual([])
})

test('presence is told only on request, once in five seconds', async () => {
  expect(ana.signals.presence.of(ben.identity.userId)).toBeUndefined()
  await ana.signals.presence.ask(conversation)
  await ana.signals.presence.ask(conversation)
  const asked = ana.takeSent()
  expect(asked).toHaveLength(1)
  await ben.hears(...asked, ...asked)
  expect(ben.signals.presence.of(ana.identity.userId)).toMatchObject({ isHere: true })
  await ben.signals.presence.answered()
  const answers = ben.takeSent()
  expect(answers).toHaveLength(1)
  await ana.hears(...answers)
  expect(ana.signals.presence.of(ben.identity.userId)).toMatchObject({ isHere: true })
  ben.clock.ms += 1_000
  await ben.signals.stop()
  await ana.hears(...ben.takeSent())
  expect(ana.signals.presence.of(ben.identity.userId)).toMatchObject({ isHere: false })
})

test('a switch works both ways', async () => {
  ana.change({ cursor: 12 })
  await ana.hears(...(await receiptOf(ben, 11)))
  await ana.signals.privacy.set('receipts', false)
  expect(ana.signals.receipts.at(conversation, 11)).toEqual([])
  await ana.hears(...(await receiptOf(ben, 12)))
  expect(await receiptOf(ana, 13)).toEqual([])
  for (const name of ['typing', 'presence'] as const) await ben.signals.privacy.set(name, false)
  ben.signals.typing.type(conversation)
  await ben.signals.presence.ask(conversation)
  await ana.signals.presence.ask(conversation)
  await ben.hears(...ana.takeSent())
  await ben.signals.presence.answered()
  expect(ben.takeSent()).toEqual([])
  expect(ben.signals.presence.of(ana.identity.userId)).toBeUndefined()
})

test('a request is told nothing, and the sender learns of its messages once it is accepted', async () => {
  ana.change({ cursor: 12 })
  ben.isQuiet = true
  expect(await receiptOf(ben, 12, 12)).toEqual([])
  ben.isQuiet = false
  ben.change({})
  await ben.signals.receipts.flush()
  await ana.hears(...ben.takeSent())
  expect(receiptsOf(ana, 12)[ben.identity.userId]).toBe('read')
})

test('a blocked user, a large group and a pod without signals get none', async () => {
  ana.change({ cursor: 12 })
  ana.isBlocked = true
  await ana.hears(...(await receiptOf(ben, 11)))
  expect(receiptsOf(ana, 11)[ben.identity.userId]).toBe('none')
  const many = Array.from({ length: 51 }, () => ben.record.members[0]!)
  ben.change({ members: many })
  expect(await receiptOf(ben, 12)).toEqual([])
  const old = await new SignalDevice(cleo.identity, cleo.group).start({ knowsSignals: false })
  expect(await receiptOf(old, 12, 12)).toEqual([])
  old.signals.typing.type(conversation)
  await old.signals.idle()
  expect(old.sent).toEqual([])
})

test('a switch that another device of the account turns counts here at once', async () => {
  ana.change({ cursor: 12 })
  await ana.hears(...(await receiptOf(ben, 12, 12)))
  const seen: unknown[] = []
  ana.signals.on('receipts', (one) => seen.push(one))
  ana.turnsElsewhere('receipts', false)
  expect([ana.signals.privacy.allows('receipts'), receiptsOf(ana, 12), seen.length]).toEqual([false, {}, 1])
  ben.turnsElsewhere('typing', false)
  ben.signals.typing.type(conversation)
  await ben.signals.idle()
  expect(ben.takeSent()).toEqual([])
})

test('a new device tells nothing before it knows the switches, and its receipts afterwards', async () => {
  ana.change({ cursor: 12 })
  ben.isKnown = false
  expect(await receiptOf(ben, 12, 12)).toEqual([])
  ben.signals.typing.type(conversation)
  await ben.signals.presence.ask(conversation)
  await ana.signals.presence.ask(conversation)
  await ben.hears(...ana.takeSent())
  await ben.signals.presence.answered()
  expect(ben.takeSent()).toEqual([])
  ben.isKnown = true
  await ben.signals.receipts.flush()
  await ana.hears(...ben.takeSent())
  expect(receiptsOf(ana, 12)[ben.identity.userId]).toBe('read')
})

test('a switch of a former version goes to the account, and a form that is not known counts as off', async () => {
  const old = new SignalDevice(cleo.identity, cleo.group)
  await old.store.write(new Batch().put('meta', 'privacy', { receipts: false, typing: true }).writes)
  old.settings.set('privacy-presence', 'to friends')
  await old.start()
  expect(old.signals.privacy.settings).toEqual({ receipts: false, typing: true, presence: false })
  expect(old.settings.get('privacy-receipts')).toBe(false)
})
