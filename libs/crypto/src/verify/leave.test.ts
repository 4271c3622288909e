import type { Epoch } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { conversation, createDevice, createPerson, deviceId, groupNo, userId } from '../../testing/people.ts'
import { signLeave } from '../mls/device.ts'
import { verifyLeave } from './leave.ts'

const device = createDevice(createPerson())
const other = createDevice(createPerson())
const moment = { conversation, groupNo, epoch: 3 as Epoch, transcript: new Uint8Array(32).fill(7) }
const statement = signLeave(device, moment)
const json = new TextDecoder().decode(statement)
const changed = (from: string | RegExp, to: string) => new TextEncoder().encode(json.replace(from, to))

test('a valid leave statement is read with its user, device and moment', async () => {
  const { userId, deviceId, accountKey, signaturePublic: signatureKey } = device
  expect(await verifyLeave(statement)).toEqual({ ...moment, userId, deviceId, accountKey, signatureKey })
})

test.each([
  ['another conversation', changed(conversation, conversation.replace('3333', '3334'))],
  ['another group number', changed('"groupNo":1', '"groupNo":2')],
  ['another epoch', changed('"epoch":3', '"epoch":4')],
  ['another transcript', changed(toBase64Url(moment.transcript), toBase64Url(new Uint8Array(32)))],
])('the device’s signature is not valid for %s', async (_, bytes) => {
  await expect(verifyLeave(bytes)).rejects.toMatchObject({ code: 'bad_signature' })
})

test.each([
  ['another user', changed(device.userId, userId(99))],
  ['another device', changed(device.deviceId, deviceId(99))],
  ["another account's key", changed(toBase64Url(device.accountKey), toBase64Url(other.accountKey))],
  ["another device's key", changed(toBase64Url(device.signaturePublic), toBase64Url(other.signaturePublic))],
])('the account key’s signature is not valid for %s', async (_, bytes) => {
  await expect(verifyLeave(bytes)).rejects.toMatchObject({ code: 'bad_credential' })
})

test.each([
  ['one key more', changed('{', '{"x":1,')],
  ['a space', changed(':', ': ')],
  ['a signature cut short', changed(/..."}$/, '"}')],
  ['group number 0', changed('"groupNo":1', '"groupNo":0')],
  ['nothing', new Uint8Array()],
])('rejects %s', async (_, bytes) => {
  await expect(verifyLeave(bytes)).rejects.toMatchObject({ code: 'malformed' })
})
