import type { Account } from './account.ts'
import type { Talk } from './group.ts'

/** What the checks share: made once, because sign-ups are rare for one address. */
export type Context = {
  /** Origin of the server. */
  readonly url: string
  readonly account: Account
  /** WebSocket address of a pod. */
  readonly pod: string
  readonly talk: Talk
}

/** `run` throws when the server breaks the rule that `rule` says. */
export type Check = { readonly rule: string; run(context: Context): Promise<void> }

export type Result = {
  readonly rule: string
  readonly ok: boolean
  /** Why not. */
  readonly problem?: string
}
