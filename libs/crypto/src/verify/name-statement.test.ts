import { expect, test } from 'vitest'
import { createPerson, userId } from '../../testing/people.ts'
import { signName } from '../account/sign-name.ts'
import { nameSignedBytes, verifyNameSignature } from './name-statement.ts'

const person = createPerson()
const claims = { userId: person.userId, username: 'bob' }
const statement = { ...claims, accountKey: person.accountKey, sig: signName(person.accountPrivate, claims) }

test('a name signed by the account key is valid', async () => {
  expect(await verifyNameSignature(statement)).toBe(true)
})

test.each([
  ['another user', { userId: userId(99) }],
  ['another name', { username: 'bo' }],
  ['another account key', { accountKey: createPerson().accountKey }],
  ['a broken signature', { sig: statement.sig.map((byte, at) => (at === 0 ? byte ^ 1 : byte)) }],
  ['no signature', { sig: new Uint8Array() }],
  ['an invalid key', { accountKey: new Uint8Array(32).fill(0xff) }],
])('the signature is not valid for %s', async (_, changed) => {
  expect(await verifyNameSignature({ ...statement, ...changed })).toBe(false)
})

test('the signed bytes have a label and separate fields', () => {
  const field = (text: string) => `\0${String.fromCharCode(text.length)}${text}`
  const expected = ['fastchat name v1', userId(1), 'bob'].map(field).join('')
  expect(new TextDecoder().decode(nameSignedBytes({ userId: userId(1), username: 'bob' }))).toBe(expected)
})
