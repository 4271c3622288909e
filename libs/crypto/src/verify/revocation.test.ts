import { toBase64Url } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPerson, deviceId, userId } from '../../testing/people.ts'
import { signName } from '../account/sign-name.ts'
import { signRevocation } from '../account/sign-revocation.ts'
import { encodeRevocation, verifyRevocation } from './revocation.ts'

const person = createPerson()
const other = createPerson()
const claims = { userId: person.userId, deviceId: deviceId(7) }
const statement = signRevocation(person.accountPrivate, claims)
const json = new TextDecoder().decode(statement)
const changed = (from: string | RegExp, to: string) => new TextEncoder().encode(json.replace(from, to))

test('a revocation signed by the account key is read', async () => {
  expect(await verifyRevocation(statement)).toEqual({ ...claims, accountKey: person.accountKey })
})

test.each([
  ['another user', changed(person.userId, userId(99))],
  ['another device', changed(claims.deviceId, deviceId(99))],
  ["another account's key", changed(toBase64Url(person.accountKey), toBase64Url(other.accountKey))],
  [
    'a name',
    encodeRevocation({
      ...{ ...claims, accountKey: person.accountKey },
      sig: signName(person.accountPrivate, { userId: claims.userId, username: claims.deviceId }),
    }),
  ],
])('the signature is not valid for %s', async (_, bytes) => {
  await expect(verifyRevocation(bytes)).rejects.toMatchObject({ code: 'bad_signature' })
})

test.each([
  ['one key more', changed('{', '{"x":1,')],
  ['a space', changed(':', ': ')],
  ['another version', changed('"v":1', '"v":2')],
  ['a signature cut short', changed(/..."}$/, '"}')],
  ['nothing', new Uint8Array()],
])('rejects %s', async (_, bytes) => {
  await expect(verifyRevocation(bytes)).rejects.toMatchObject({ code: 'malformed' })
})

test('a revocation with any flipped bit is rejected with HandshakeError', async () => {
  const place = fc.record({ at: fc.nat(statement.length - 1), bit: fc.nat(7) })
  await fc.assert(
    fc.asyncProperty(place, async ({ at, bit }) => {
      const flipped = statement.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
      await expect(verifyRevocation(flipped)).rejects.toMatchObject({ name: 'HandshakeError' })
    }),
  )
})
