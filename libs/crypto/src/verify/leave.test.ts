import { expect, test } from 'vitest'
import { signLeave } from '../mls/device.ts'
import { conversation, createDevice, createPerson, deviceId, groupNo, userId } from '../mls/test-people.ts'
import { readLeave, verifyLeave } from './leave.ts'

const device = createDevice(createPerson())
const statement = signLeave(device, { conversation, groupNo })
const json = new TextDecoder().decode(statement)
const changed = (from: string | RegExp, to: string) => new TextEncoder().encode(json.replace(from, to))

test('a leave statement says who leaves what, signed by the device', async () => {
  const claims = { conversation, groupNo, userId: device.userId, deviceId: device.deviceId }
  expect(readLeave(statement)).toEqual(claims)
  expect(await verifyLeave(statement, device.signaturePublic)).toEqual(claims)
})

test.each([
  ['another conversation', changed(conversation, conversation.replace('3333', '3334'))],
  ['another group number', changed('"groupNo":1', '"groupNo":2')],
  ['another user', changed(device.userId, userId(99))],
  ['another device', changed(device.deviceId, deviceId(99))],
])('the signature is not for %s', async (_, bytes) => {
  await expect(verifyLeave(bytes, device.signaturePublic)).rejects.toMatchObject({ code: 'bad_signature' })
})

test("another device's key does not verify it", async () => {
  const other = createDevice(createPerson()).signaturePublic
  await expect(verifyLeave(statement, other)).rejects.toMatchObject({ code: 'bad_signature' })
})

test.each([
  ['one key more', changed('{', '{"x":1,')],
  ['a space', changed(':', ': ')],
  ['a signature cut short', changed(/..."}$/, '"}')],
  ['group number 0', changed('"groupNo":1', '"groupNo":0')],
  ['nothing', new Uint8Array()],
])('refuses %s', async (_, bytes) => {
  expect(() => readLeave(bytes)).toThrow(expect.objectContaining({ code: 'malformed' }))
  await expect(verifyLeave(bytes, device.signaturePublic)).rejects.toMatchObject({ code: 'malformed' })
})
