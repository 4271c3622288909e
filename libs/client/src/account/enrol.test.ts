import { deriveSecrets, openVault } from '@fastchat/crypto'
import { authOperations, fromBase64Url, type Kdf, type Operation } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import type { Rest } from '../net/rest.ts'
import { logIn, signUp } from './enrol.ts'

const password = 'correct horse battery staple'

type SignupBody = {
  readonly username: string
  readonly password: string
  readonly userId: string
  readonly accountKey: string
  readonly kdf: Kdf
  readonly vault: { readonly version: number; readonly body: string }
}

/** All that reached the server. */
let sent: unknown[]
let account: SignupBody
let rest: Rest

beforeEach(() => {
  sent = []
  const answers = new Map<Operation, (input: object) => unknown>([
    [
      authOperations.signup,
      (input) => {
        account = (input as { body: SignupBody }).body
        return enrolment()
      },
    ],
    [authOperations.kdf, () => account.kdf],
    [authOperations.login, () => ({ ...enrolment(), vault: account.vault, kdf: account.kdf })],
  ])
  const call = async (operation: Operation, input: object) => {
    sent.push(input)
    return answers.get(operation)?.(input)
  }
  // Of a server's operations, those that enrolling uses.
  rest = { baseUrl: '', call } as unknown as Rest
})

const enrolment = () => {
  const { userId, username, accountKey } = account
  return { user: { userId, username, accountKey }, enrolToken: 'token' }
}

test('the server is sent the login value alone; the account key goes sealed under the other value, which opens it at login', async () => {
  const made = await signUp(rest, 'ann', password)
  const { salt, ...params } = account.kdf
  const { loginValue, vaultKey } = await deriveSecrets({ password, salt: fromBase64Url(salt), params })
  expect(account.password).toBe(loginValue)
  const vault = {
    userId: made.enrolment.user.userId,
    version: account.vault.version,
    sealed: fromBase64Url(account.vault.body),
  }
  expect(await openVault({ ...vault, vaultKey })).toEqual(made.accountPrivate)
  await expect(openVault({ ...vault, vaultKey: fromBase64Url(loginValue) })).rejects.toThrow()

  const again = await logIn(rest, 'ann', password)
  expect(again.accountPrivate).toEqual(made.accountPrivate)
  expect(sent.at(-1)).toEqual({ body: { username: 'ann', password: loginValue } })
  expect(JSON.stringify(sent)).not.toContain(password)
})
