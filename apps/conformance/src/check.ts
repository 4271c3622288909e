import type { Account } from './account.ts'
import type { Talk } from './group.ts'
import type { NewId } from './new-id.ts'

/** The things that the checks share. They are made once, because a server limits sign-ups. */
export type Context = {
  /** The origin of the server. */
  readonly url: string
  readonly newId: NewId
  readonly account: Account
  /** The WebSocket address of a pod. */
  readonly pod: string
  readonly talk: Talk
}

/** A check of one rule. `run` throws when the server breaks the rule. */
export type Check = { readonly rule: string; run(context: Context): Promise<void> }

export type Result = {
  readonly rule: string
  readonly ok: boolean
  /** The reason why the rule is broken. */
  readonly problem?: string
}
