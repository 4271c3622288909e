import { toBase64Url } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { createPerson, deviceId, userId } from '../../testing/people.ts'
import { signPasswordNote } from '../account/sign-password-note.ts'
import { signRevocation } from '../account/sign-revocation.ts'
import { verifyPasswordNote } from './password-note.ts'

const person = createPerson()
const other = createPerson()
const claims = { userId: person.userId, version: 7, by: 'recovery' } as const
const note = signPasswordNote(person.accountPrivate, claims)
const json = new TextDecoder().decode(note)
const changed = (from: string | RegExp, to: string) => new TextEncoder().encode(json.replace(from, to))

test('a note signed by the account key is read', async () => {
  expect(await verifyPasswordNote(note)).toEqual({ ...claims, accountKey: person.accountKey })
})

test.each([
  ['another user', changed(person.userId, userId(99))],
  ['another version', changed('"version":7', '"version":8')],
  ['another way', changed('recovery', 'password')],
  ["another account's key", changed(toBase64Url(person.accountKey), toBase64Url(other.accountKey))],
])('the signature is not valid for %s', async (_, bytes) => {
  await expect(verifyPasswordNote(bytes)).rejects.toMatchObject({ code: 'bad_signature' })
})

test.each([
  ['a way that nobody has', changed('recovery', 'guessing')],
  ['a version that no vault has', changed('"version":7', '"version":0')],
  ['white space', changed(':', ': ')],
  ['one key more', changed('{', '{"x":1,')],
  ['a revocation', signRevocation(person.accountPrivate, { userId: person.userId, deviceId: deviceId(7) })],
  ['nothing', new Uint8Array()],
])('rejects %s', async (_, bytes) => {
  await expect(verifyPasswordNote(bytes)).rejects.toMatchObject({ code: 'malformed' })
})
