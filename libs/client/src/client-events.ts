import type { AccountPush, ServerFrames } from '@fastchat/schema'
import type { ConversationEvents } from './conversation/context.ts'
import type { SignIn } from './devices/known-devices.ts'
import type { Transfer } from './files/transfer.ts'
import type { ConnectionState } from './net/connection-state.ts'

/** The events of a client. Those of conversations are emitted after their change is stored. */
export type ClientEvents = ConversationEvents & {
  connection: ConnectionState
  synced: ServerFrames['synced']
  /** A part of the account was changed elsewhere. */
  account: AccountPush
  /** A file has got further. */
  transfer: Transfer
  /** A device has signed in to this account. */
  newDevice: SignIn
}
