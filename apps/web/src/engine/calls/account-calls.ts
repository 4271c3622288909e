import { createRest, type Enrolled, logIn, signUp } from '@fastchat/client'
import type { DeviceId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import { passwordWork as work } from '../password-work.ts'

export type AccountCalls = {
  signUp: { input: { name: string; password: string; invite?: string }; result: { recoveryKey: string } }
  /** `ending` is a device that makes room for this one. */
  logIn: { input: { name: string; password: string; ending?: DeviceId } }
  logOut: { input: Record<string, never> }
}

/** The parts of the engine that begin and end a session. */
export type AccountDoor = {
  readonly baseUrl: string
  /** Makes this browser a device of the account, and begins its session. */
  enrol(enrolled: Enrolled, ending?: DeviceId): Promise<void>
  /** Notes that the person has not said yet that they kept the new recovery key. */
  keyShown(): Promise<void>
  logOut(): Promise<void>
}

export function accountCalls({ baseUrl, enrol, keyShown, logOut }: AccountDoor): Handlers<AccountCalls> {
  const rest = createRest(baseUrl)
  return {
    signUp: async ({ name, password, invite }) => {
      const made = await signUp(rest, name, password, invite, work)
      await enrol(made)
      await keyShown()
      return { recoveryKey: made.recoveryKey }
    },
    logIn: async ({ name, password, ending }) => await enrol(await logIn(rest, name, password, work), ending),
    logOut: async () => await logOut(),
  }
}
