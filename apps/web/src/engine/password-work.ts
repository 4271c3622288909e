import type { PasswordWork } from '@fastchat/client'
import { createSalt, deriveSecrets } from '@fastchat/crypto'

/** The engine is a worker itself, so a password needs no further one. */
export const passwordWork: PasswordWork = { createSalt, derive: deriveSecrets }
