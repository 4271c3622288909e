import { systemClock } from '@fastchat/clock'
import { createAccountKey, createDeviceKeys, signCredential } from '@fastchat/crypto'
import type { DeviceId, MessageId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { newConversationId, newMessageId } from '../new-id.ts'
import { OwnRows } from '../own/own-rows.ts'
import type { Entry } from '../store/records.ts'
import { HiddenMessages, maxIdsOfPage, maxPagesOfDevice } from './hidden-messages.ts'
import { encodePage, type PageSigner } from './hidden-page.ts'

const userId = '0195f3a0-7c00-7000-8000-0000000000a1' as UserId
const [phone, laptop] = ['0195f3a0-7c00-7000-8000-0000000000d1', '0195f3a0-7c00-7000-8000-0000000000d2'] as DeviceId[]
const { accountPrivate, accountKey } = createAccountKey()
const messages = (count: number): MessageId[] => Array.from({ length: count }, () => newMessageId())

/** The keys of a device, which an account key has signed. */
function signerOf(deviceId: DeviceId, account = accountPrivate): PageSigner {
  const { signaturePrivate, signaturePublic } = createDeviceKeys()
  const credentialSig = signCredential(account, { userId, deviceId, signatureKey: signaturePublic })
  return { userId, deviceId, accountKey, credentialSig, signaturePrivate, signaturePublic }
}

async function device(deviceId: DeviceId, revoked: readonly DeviceId[] = [], store = memoryStore()) {
  const rows = await OwnRows.open({ store, deviceId, clock: systemClock })
  const erased: MessageId[] = []
  const failed: Error[] = []
  const erase = async (ids: readonly MessageId[]) => void erased.push(...ids)
  const signer = signerOf(deviceId)
  const isRevoked = async (id: DeviceId) => revoked.includes(id)
  const port = { rows, store, signer, isRevoked, erase, failed: (error: Error) => failed.push(error) }
  const hidden = new HiddenMessages(port)
  return { rows, store, signer, erased, failed, hidden }
}
type Device = Awaited<ReturnType<typeof device>>

/** Brings the records of one device to another, as the server does. */
async function bring(from: Device, to: Device): Promise<void> {
  const arrived = [...from.rows.all].map(([key, { contents }]) => ({ key, version: 1, contents }))
  await to.rows.merge(arrived, { change: 1 })
  await to.hidden.idle()
}

test('a message hidden on one device is erased on the others, before or after it arrives there', async () => {
  const [one, other] = [await device(phone!), await device(laptop!)]
  const [here, later] = messages(2) as [MessageId, MessageId]
  await one.hidden.add([here, later])
  await bring(one, other)
  expect(other.erased).toEqual([here, later])
  const entry: Entry = { type: 'message', conversation: newConversationId(), seq: 1, at: 1, id: later }
  other.hidden.arrived(entry)
  other.hidden.arrived({ ...entry, id: newMessageId() })
  other.hidden.again()
  await other.hidden.idle()
  expect(other.erased.slice(2)).toEqual([later, here, later])
})

test('two devices that hide at the same time take nothing from each other', async () => {
  const [one, other] = [await device(phone!), await device(laptop!)]
  const [a, b] = messages(2) as [MessageId, MessageId]
  await Promise.all([one.hidden.add([a]), other.hidden.add([b])])
  await bring(one, other)
  await bring(other, one)
  expect(new Set(one.erased)).toEqual(new Set([a, b]))
  expect(new Set(other.erased)).toEqual(new Set([a, b]))
})

test('the ids are bounded: the oldest ones go, and each record fits at the server', async () => {
  const one = await device(phone!)
  const all = messages(maxIdsOfPage * maxPagesOfDevice + 10)
  await one.hidden.add(all.slice(0, 3))
  await one.hidden.add(all.slice(3))
  expect(one.rows.all.size).toBe(maxPagesOfDevice)
  const other = await device(laptop!)
  await bring(one, other)
  expect(new Set(other.erased)).toEqual(new Set(all.slice(maxIdsOfPage)))
})

test('a record of another form is passed over', async () => {
  const [one, other] = [await device(phone!), await device(laptop!)]
  const [good] = messages(1) as [MessageId]
  await one.rows.set(`hidden/${phone}/0`, 'ids', { page: 0, ids: [good, 'x', 7] })
  await one.rows.set(`hidden/${phone}/1`, 'ids', 'everything')
  await one.rows.set(`hidden/${phone}`, 'ids', encodePage(one.signer, { page: 0, ids: [good] }))
  await bring(one, other)
  expect([other.erased, other.failed]).toEqual([[], []])
})

test.each<[string, (thief: Device, id: MessageId) => readonly [key: string, value: unknown]]>([
  ['without a signature', (_, id) => [`hidden/${laptop}/0`, { page: 0, ids: [id] }]],
  ['as another device', (thief, id) => [`hidden/${laptop}/0`, encodePage(thief.signer, { page: 0, ids: [id] })]],
  [
    'as the device that reads it',
    (thief, id) => [`hidden/${phone}/0`, encodePage(thief.signer, { page: 0, ids: [id] })],
  ],
  ['under the name of the reader', (_, id) => [`hidden/${phone}/0`, { page: 0, ids: [id] }]],
  ['in another place', (thief, id) => [`hidden/${laptop}/3`, encodePage(thief.signer, { page: 0, ids: [id] })]],
  [
    'with a device key that another account key has signed',
    (_, id) => {
      const signer = signerOf(laptop!, createAccountKey().accountPrivate)
      return [`hidden/${laptop}/0`, encodePage(signer, { page: 0, ids: [id] })]
    },
  ],
])('nothing is erased because of a record that is made up %s', async (_, made) => {
  const thief = await device('0195f3a0-7c00-7000-8000-0000000000d3' as DeviceId)
  const reader = await device(phone!)
  await reader.hidden.start()
  const [id] = messages(1) as [MessageId]
  const [key, value] = made(thief, id)
  await thief.rows.set(key, 'ids', value)
  await bring(thief, reader)
  // Also when the reader starts again, or hides something itself.
  const [later] = messages(1) as [MessageId]
  await reader.hidden.add([later])
  const again = await device(phone!, [], reader.store)
  await again.hidden.start()
  await again.hidden.idle()
  expect([...reader.erased, ...again.erased]).not.toContain(id)
})

test('a revoked device has nothing erased, and what it hid before is taken over', async () => {
  const [lost, owner] = [await device(laptop!), await device(phone!)]
  const [before, after] = messages(2) as [MessageId, MessageId]
  await lost.hidden.add([before])
  await bring(lost, owner)
  await owner.hidden.adopt(laptop!)
  await lost.hidden.add([after])
  const fresh = await device('0195f3a0-7c00-7000-8000-0000000000d3' as DeviceId, [laptop!])
  await bring(lost, fresh)
  await bring(owner, fresh)
  expect(fresh.erased).toEqual([before])
})

test('records of before there were signatures are signed once, by the device that wrote them', async () => {
  const store = memoryStore()
  const old = await OwnRows.open({ store, deviceId: phone!, clock: systemClock })
  const [id] = messages(1) as [MessageId]
  await old.set(`hidden/${phone}/0`, 'ids', { page: 0, ids: [id] })
  const [one, other] = [await device(phone!, [], store), await device(laptop!)]
  await one.hidden.start()
  await bring(one, other)
  expect(other.erased).toEqual([id])
})
