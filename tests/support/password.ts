import { isDeepStrictEqual } from 'node:util'
import type { PasswordWork } from '@fastchat/client'
import { type AccountSecrets, defaultKdf, deriveSecrets, type KdfParams } from '@fastchat/crypto'
import { fromBase64Url } from '@fastchat/schema'

/**
 * The password of everybody in the tests. It is long enough to be searched for in servers' files.
 */
export const password = 'correct horse battery staple'

const salt = new TextEncoder().encode('fastchat-test-16')

/** The secrets of `password` and `salt`. `password.test.ts` derives them. */
const secrets: AccountSecrets = {
  loginValue: 'i2eBAAaEfY_QsgzsygErgMhm-7ulAl5xldLOpOyWKvM',
  vaultKey: fromBase64Url('2Gh5F-0pxgOOTku0ahdkvb-7JBre8oKCk7YFNsbvBcE'),
}

/**
 * Gives all accounts of the tests one salt, whose secrets are known. Each derivation by argon2id
 * would take 0.3 s of a core, and tests make hundreds of accounts. Other passwords, salts
 * and costs are derived as usual.
 */
export const passwordWork: PasswordWork = {
  createSalt: () => salt.slice(),
  async derive(input) {
    const isKnown =
      input.password === password && isDeepStrictEqual([...input.salt], [...salt]) && hasDefaultCost(input.params)
    return isKnown ? { ...secrets, vaultKey: secrets.vaultKey.slice() } : await deriveSecrets(input)
  },
}

const hasDefaultCost = ({ algorithm, memoryKiB, iterations, parallelism }: KdfParams): boolean =>
  isDeepStrictEqual({ algorithm, memoryKiB, iterations, parallelism }, defaultKdf)
