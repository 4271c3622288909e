import type { TroubleCode } from '@fastchat/client'

/**
 * The words for one problem: what happened and what to do. `{who}` is a name, `{at}` a position in
 * the chat, `{count}` a number of messages, `{host}` the host that a server named.
 */
export type TroubleText = {
  readonly says: string
  readonly todo: string
  /** A further way for an admin. */
  readonly offer?: string
}

/** The words for every problem that no one on this device has caused. */
export type TroubleWords = Readonly<Record<TroubleCode, TroubleText>>
