import { createRest, type Enrolled, logIn, signUp } from '@fastchat/client'
import { createSalt, type PasswordInput } from '@fastchat/crypto'
import type { Handlers } from '../call.ts'

export type AccountCalls = {
  signUp: { input: { name: string; password: string; invite?: string }; result: { recoveryKey: string } }
  logIn: { input: { name: string; password: string } }
  logOut: { input: Record<string, never> }
}

/** The parts of the engine that begin and end a session. */
export type AccountDoor = {
  readonly baseUrl: string
  /** Makes this browser a device of the account, and begins its session. */
  enrol(enrolled: Enrolled): Promise<void>
  logOut(): Promise<void>
}

/**
 * The engine is a worker itself, so a password needs no further one. Its code is loaded at the
 * first sign-in.
 */
const derive = async (input: PasswordInput) => (await import('@fastchat/crypto/password')).deriveSecrets(input)
const work = { createSalt, derive }

export function accountCalls({ baseUrl, enrol, logOut }: AccountDoor): Handlers<AccountCalls> {
  const rest = createRest(baseUrl)
  return {
    signUp: async ({ name, password, invite }) => {
      const made = await signUp(rest, name, password, invite, work)
      await enrol(made)
      return { recoveryKey: made.recoveryKey }
    },
    logIn: async ({ name, password }) => await enrol(await logIn(rest, name, password, work)),
    logOut: async () => await logOut(),
  }
}
