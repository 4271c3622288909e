import type { UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { createAccounts, type StoredAccount } from './accounts.ts'
import { createPasswordHasher } from './password-hasher.ts'
import type { WorkGate } from './work-gate.ts'

const here = '203.0.113.7'

async function accountsWith(stored: StoredAccount | undefined) {
  let hashings = 0
  let finds = 0
  const gate: Pick<WorkGate, 'run'> = {
    run(_, work) {
      hashings += 1
      return work()
    },
  }
  const hasher = await createPasswordHasher(gate, Buffer.alloc(32))
  const accounts = createAccounts({
    store: {
      async find() {
        finds += 1
        return stored
      },
      refusal: async () => undefined,
      isTaken: async () => false,
      setNameSig: async () => undefined,
      add: async () => 'added',
    },
    hasher,
    users: { byId: async () => undefined },
    signups: async () => undefined,
    logins: async () => undefined,
    allLogins: async () => undefined,
    guesses: { attempt: (_, guess) => guess() },
    pepper: 'pepper',
  })
  const work = () => ({ hashings, finds })
  return { accounts, hasher, work }
}

test('an unknown name costs the same work as a wrong password, and is rejected', async () => {
  const passwordHash = await (await accountsWith(undefined)).hasher.hash('right', here)
  const account = {
    userId: 'u' as UserId,
    username: 'known',
    accountKey: new Uint8Array(32),
    passwordHash,
    isDisabled: false,
    passwordNo: 1,
  }
  const [known, unknown] = [await accountsWith(account), await accountsWith(undefined)]
  await expect(known.accounts.login('known', 'wrong', here)).rejects.toMatchObject({ code: 'wrong_credentials' })
  await expect(unknown.accounts.login('known', 'wrong', here)).rejects.toMatchObject({ code: 'wrong_credentials' })
  expect(known.work()).toEqual({ hashings: 1, finds: 1 })
  expect(unknown.work()).toEqual(known.work())
  expect(await known.accounts.login('known', 'right', here)).toMatchObject({ userId: 'u' })
})

test('the same password hashes differently each time', async () => {
  const { hasher } = await accountsWith(undefined)
  const [one, other] = await Promise.all([hasher.hash('same', here), hasher.hash('same', here)])
  expect(one).not.toBe(other)
  expect([await hasher.verify(one, 'same', here), await hasher.verify(other, 'same', here)]).toEqual([true, true])
})
