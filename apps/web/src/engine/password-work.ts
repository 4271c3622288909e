import type { PasswordWork } from '@fastchat/client'
import { createSalt, type PasswordInput } from '@fastchat/crypto'

/**
 * The engine is a worker itself, so a password needs no further one. Its code is loaded at the
 * first password.
 */
const derive = async (input: PasswordInput) => (await import('@fastchat/crypto/password')).deriveSecrets(input)

/** Derives what passwords open, in the engine itself. */
export const passwordWork: PasswordWork = { createSalt, derive }
