import { expect, test } from 'vitest'
import { createDevice, createPerson, deviceId, userId } from '../../testing/people.ts'
import { createAccountKey, signCredential } from '../mls/device.ts'
import { credentialSignedBytes, encodeIdentity, verifyCredential, verifyDeviceSignature } from './credential.ts'

const person = createPerson()
const device = createDevice(person)
const identity = encodeIdentity({ ...device, sig: device.credentialSig })
const json = new TextDecoder().decode(identity)
const bytesOf = (text: string) => new TextEncoder().encode(text)

test('a credential that the account key has signed is valid', async () => {
  expect(await verifyCredential(identity, device.signaturePublic)).toEqual({
    userId: device.userId,
    deviceId: device.deviceId,
    accountKey: person.accountKey,
    signatureKey: device.signaturePublic,
  })
})

test.each([
  ['another user', { userId: userId(99) }],
  ['another device', { deviceId: deviceId(99) }],
  ['another account', { accountKey: createAccountKey().accountKey }],
  ['a broken signature', { sig: device.credentialSig.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) }],
])('rejects the signature for %s', async (_, changed) => {
  const forged = encodeIdentity({ ...device, sig: device.credentialSig, ...changed })
  await expect(verifyCredential(forged, device.signaturePublic)).rejects.toMatchObject({ code: 'bad_credential' })
})

test('rejects the credential with another device key', async () => {
  const other = createDevice(person).signaturePublic
  await expect(verifyCredential(identity, other)).rejects.toMatchObject({ code: 'bad_credential' })
})

test.each([
  ['a space', json.replace(':', ': ')],
  ['another key order', json.replace(/("v":1),("userId":"[^"]*")/, '$2,$1')],
  ['one key more', json.replace('{', '{"x":1,')],
  ['a key twice', json.replace('{', '{"v":1,')],
  ['another version', json.replace('"v":1', '"v":2')],
  ['an id in upper case', json.replace('1111-', '111A-')],
  ['padding', json.replace(/"sig":"[^"]*/, '$&=')],
  ['a byte order mark', `\u{feff}${json}`],
  ['no JSON', 'x'],
])('rejects %s, because a credential has one encoding', async (_, text) => {
  await expect(verifyCredential(bytesOf(text), device.signaturePublic)).rejects.toMatchObject({ code: 'malformed' })
})

test('keys and signatures of another size are rejected without an exception', async () => {
  const claims = { ...device, signatureKey: device.signaturePublic, sig: device.credentialSig }
  expect(await verifyDeviceSignature(claims)).toBe(true)
  expect(await verifyDeviceSignature({ ...claims, sig: new Uint8Array(3) })).toBe(false)
  expect(await verifyDeviceSignature({ ...claims, accountKey: new Uint8Array(3) })).toBe(false)
  expect(await verifyDeviceSignature({ ...claims, accountKey: new Uint8Array(32).fill(0xff) })).toBe(false)
})

test('the signed bytes have a label and separate fields', () => {
  const signed = credentialSignedBytes({ userId: userId(1), deviceId: deviceId(2), signatureKey: new Uint8Array([7]) })
  const field = (text: string) => `\0${String.fromCharCode(text.length)}${text}`
  const expected = ['fastchat device v1', userId(1), deviceId(2), '\u{7}'].map(field).join('')
  expect(new TextDecoder().decode(signed)).toBe(expected)
  const other = { userId: userId(1), deviceId: deviceId(3), signatureKey: device.signaturePublic }
  expect(signCredential(person.accountPrivate, other)).not.toEqual(device.credentialSig)
})
