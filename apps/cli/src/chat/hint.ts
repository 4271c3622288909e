import type { ClientErrorCode, Transfer, TroubleCode } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { TellableNews } from '../devices/news.ts'
import type { SearchHint } from './own-verbs.ts'
import type { SignalHint } from './signal-verbs.ts'

/** The state of the connection between this device and the server. */
export type Link =
  | { readonly state: 'off' | 'connecting' | 'online' }
  | { readonly state: 'unavailable'; readonly retryAt: number }
  | { readonly state: 'ended'; readonly code: string; readonly message: string }

/**
 * A hint that something has changed. It does not say what: a listener asks the device for that.
 * Only a trouble, news and progress are complete.
 */
export type Hint =
  | { readonly type: 'changed'; readonly conversation?: ConversationId }
  | { readonly type: 'link'; readonly link: Link }
  /** Something is wrong, and no command of this device is the cause. */
  | { readonly type: 'trouble'; readonly code: TroubleCode | ClientErrorCode; readonly message: string }
  /** Something happened to this account that was not shown here yet. */
  | TellableNews
  /** A deletion of the account has left this many of its groups. */
  | { readonly type: 'leaving'; readonly left: number; readonly groups: number }
  /** A file has got further. */
  | { readonly type: 'transfer'; readonly transfer: Transfer }
  | SearchHint
  | SignalHint
