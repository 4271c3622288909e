import { type AccountSecrets, createSalt, type PasswordInput } from '@fastchat/crypto'
import { deriveInWorker } from './derive-in-worker.ts'

/**
 * The work on a password: a salt for a new account, and the derivation of the account's secrets.
 */
export type PasswordWork = {
  /** Returns a random salt for a new account. */
  createSalt(): Uint8Array
  /** Derives what the password opens. Takes about half a second. */
  derive(input: PasswordInput): Promise<AccountSecrets>
}

export const inWorker: PasswordWork = { createSalt, derive: deriveInWorker }
