import { type AccountSecrets, createSalt, type PasswordInput } from '@fastchat/crypto'
import { deriveInWorker } from './derive-in-worker.ts'

/**
 * The work on a password: a salt for a new account, and the derivation of the account's secrets.
 */
export type PasswordWork = {
  createSalt(): Uint8Array
  derive(input: PasswordInput): Promise<AccountSecrets>
}

export const inWorker: PasswordWork = { createSalt, derive: deriveInWorker }
