import { deriveSecrets, openVault } from '@fastchat/crypto'
import { verifyNameSignature } from '@fastchat/crypto/verify'
import { authOperations, fromBase64Url, type Kdf, type Operation, toBase64Url, type UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import type { Rest } from '../net/rest.ts'
import { logIn, signUp } from './enrol.ts'

const password = 'correct horse battery staple'

type SignupBody = {
  readonly username: string
  readonly password: string
  readonly userId: string
  readonly accountKey: string
  readonly nameSig?: string
  readonly kdf: Kdf
  readonly vault: { readonly version: number; readonly body: string }
}

/** All requests that reached the server. */
let sent: unknown[]
let account: SignupBody
let rest: Rest
/** The name with which the server answers, instead of the requested one. */
let answerAs: string | undefined

beforeEach(() => {
  sent = []
  answerAs = undefined
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
  // The operations of a server that enrolling uses.
  rest = { baseUrl: '', call } as unknown as Rest
})

const enrolment = () => {
  const { userId, username: asked, accountKey, nameSig } = account
  const username = answerAs ?? asked
  return { user: { userId, username, accountKey, ...(nameSig && { nameSig }) }, enrolToken: 'token' }
}

test('a name is sent and signed in its canonical form, and an invalid one is not sent', async () => {
  await signUp(rest, 'Ａnn', password)
  expect(account.username).toBe('ann')
  await expect(verifyNameSignature(claimsOf(account))).resolves.toBe(true)
  await expect(logIn(rest, 'ANN', password)).resolves.toMatchObject({ enrolment: { user: { username: 'ann' } } })
  sent = []
  for (const name of ['a\u200bnn', '\u0430nn', 'ann.', ''])
    for (const enrol of [signUp, logIn])
      await expect(enrol(rest, name, password)).rejects.toMatchObject({ code: 'invalid_name' })
  expect(sent).toEqual([])
})

const claimsOf = ({ userId, username, accountKey, nameSig = '' }: SignupBody) => ({
  userId: userId as UserId, // made by signUp
  username,
  accountKey: fromBase64Url(accountKey),
  sig: fromBase64Url(nameSig),
})

test('the server gets the login value alone, and the account key sealed under the vault key', async () => {
  const made = await signUp(rest, 'ann', password)
  const { salt, ...params } = account.kdf
  const { loginValue, vaultKey } = await deriveSecrets({ password, salt: fromBase64Url(salt), params })
  expect(account.password).toBe(loginValue)
  const vault = {
    userId: made.enrolment.user.userId,
    version: account.vault.version,
    sealed: fromBase64Url(account.vault.body),
  }
  expect(await openVault({ ...vault, vaultKey })).toEqual({ accountPrivate: made.accountPrivate, hasState: true })
  expect(made.hasState).toBe(true)
  await expect(openVault({ ...vault, vaultKey: fromBase64Url(loginValue) })).rejects.toThrow()

  const again = await logIn(rest, 'ann', password)
  expect(again.accountPrivate).toEqual(made.accountPrivate)
  expect(sent.at(-1)).toEqual({ body: { username: 'ann', password: loginValue } })
  expect(JSON.stringify(sent)).not.toContain(password)
})

const statedName = async (nameSig: string | undefined) =>
  nameSig !== undefined &&
  (await verifyNameSignature({
    userId: account.userId as UserId,
    username: 'ann',
    accountKey: fromBase64Url(account.accountKey),
    sig: fromBase64Url(nameSig),
  }))

test('the account key signs the name at sign-up, and a login uploads a missing signature', async () => {
  await signUp(rest, 'ann', password)
  expect(await statedName(account.nameSig)).toBe(true)
  const { nameSig, ...unsigned } = account
  account = unsigned
  await logIn(rest, 'ann', password)
  expect(sent.at(-1)).toEqual({ token: 'token', body: { nameSig } })
  account = { ...unsigned, nameSig: toBase64Url(new Uint8Array(64)) }
  await logIn(rest, 'ann', password)
  expect(sent.at(-1)).toEqual({ token: 'token', body: { nameSig } })
})

test('a server that answers with another account is not believed', async () => {
  answerAs = 'mallory'
  await expect(signUp(rest, 'ann', password)).rejects.toMatchObject({ code: 'wrong_account' })
  await expect(logIn(rest, 'ann', password)).rejects.toMatchObject({ code: 'wrong_account' })
})
