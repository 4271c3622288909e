import type { AccountPush, ConversationId, MessageId, ServerFrames } from '@fastchat/schema'
import type { ConversationEvents } from './conversation/context.ts'
import type { SignIn } from './devices/known-devices.ts'
import type { EndedDevice } from './devices/life-signs.ts'
import type { ConnectionState } from './net/connection-state.ts'
import type { PasswordChange } from './own-account/password-news.ts'

/** The events of a client. Those of conversations are emitted after their change is stored. */
export type ClientEvents = ConversationEvents & {
  connection: ConnectionState
  synced: ServerFrames['synced']
  /** A part of the account was changed elsewhere. */
  account: AccountPush
  /** A failed message was queued again, or discarded. */
  unfailed: { readonly conversation: ConversationId; readonly id: MessageId }
  /** A device has signed in to this account. */
  newDevice: SignIn
  /** A device was taken out of the chats, because nobody used it. */
  deviceEnded: EndedDevice
  /** The account has another password, which was not set on this device. */
  passwordChanged: PasswordChange
}
