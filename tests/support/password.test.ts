import { defaultKdf, deriveSecrets, WeakKdfError } from '@fastchat/crypto'
import { expect, test } from 'vitest'
import { password, passwordWork } from './password.ts'

test('the known secrets are those that a client derives from the password', async () => {
  const input = { password, salt: passwordWork.createSalt(), params: defaultKdf }
  expect(await passwordWork.derive(input)).toEqual(await deriveSecrets(input))
})

test('another password or salt gives other secrets, and a lower cost is refused', async () => {
  const input = { password, salt: passwordWork.createSalt(), params: defaultKdf }
  const known = await passwordWork.derive(input)
  expect(await passwordWork.derive({ ...input, password: 'wrong horse battery staple' })).not.toEqual(known)
  expect(await passwordWork.derive({ ...input, salt: new Uint8Array(16) })).not.toEqual(known)
  const weak = { ...input, params: { ...defaultKdf, iterations: 1 } }
  await expect(passwordWork.derive(weak)).rejects.toBeInstanceOf(WeakKdfError)
})
