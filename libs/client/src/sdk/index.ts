/**
 * The SDK of FastChat, for Node and browsers. `Client` is a signed-in device.
 *
 * @packageDocumentation
 */
export type {
  AttachmentId,
  ConversationId,
  ConversationKind,
  DeviceId,
  Epoch,
  FileRef,
  GroupNo,
  MessageId,
  Payload,
  PushState,
  Role,
  Seq,
  User,
  UserId,
} from '@fastchat/schema'
export { type Enrolled, logIn, type SignedUp, signUp } from '../account/enrol.ts'
export { idleDevicesOf } from '../account/idle-devices.ts'
export type { PasswordWork } from '../account/password-work.ts'
export { signIn, signOut } from '../account/sign-in.ts'
export type { Backup } from '../backup/backup.ts'
export type { BackupStatus } from '../backup/backup-status.ts'
export { Client } from '../client.ts'
export type { ClientEvents } from '../client-events.ts'
export type { ConversationEvents, Counters } from '../conversation/context.ts'
export type { Conversation } from '../conversation/conversation.ts'
export type { ElectionState } from '../conversation/election.ts'
export type { IdleDevices } from '../devices/idle-devices.ts'
export type { SignIn } from '../devices/known-devices.ts'
export type { EndedDevice } from '../devices/life-signs.ts'
export type { OwnDevice } from '../devices/own-device.ts'
export type { OwnDevices } from '../devices/own-devices.ts'
export type { Emitter } from '../emitter.ts'
export {
  type AnyErrorCode,
  ClientError,
  type ClientErrorCode,
  isTemporary,
  ServerError,
  Unreachable,
} from '../errors.ts'
export type { FailedMessages } from '../failed/failed-messages.ts'
export type { FailedRecord } from '../failed/failed-record.ts'
export type { MessageFields, PictureFields } from '../files/file-records.ts'
export { blobSource, type FileSource } from '../files/file-source.ts'
export type { Files } from '../files/files.ts'
export type { Downloaded } from '../files/incoming-files.ts'
export type { FileMessage, OutgoingFileInfo, Progress, Transfer, TransferOptions } from '../files/transfer.ts'
export type { Groups } from '../groups/groups.ts'
export type { MessageChange } from '../messages/change-of.ts'
export type { Messages, Version } from '../messages/messages.ts'
export type { ConnectionState } from '../net/connection-state.ts'
export { createRest, type Rest } from '../net/rest.ts'
export { newConversationId, newMessageId } from '../new-id.ts'
export type { ClientOptions } from '../open-device.ts'
export type { Chat, ChatMarks } from '../own/chat-marks.ts'
export type { Own, OwnEvents, Settings } from '../own/own.ts'
export type { LeavingProgress } from '../own-account/leave-groups.ts'
export type { AccountDeletion, DeletionPlan, OwnAccount } from '../own-account/own-account.ts'
export type { PasswordChange, PasswordNews } from '../own-account/password-news.ts'
export { readRecoveryKey, resetPassword } from '../own-account/recover.ts'
export type { EndingOthers } from '../own-account/set-password.ts'
export type { Profile } from '../people/cards.ts'
export type { KeyChange } from '../people/key-changes.ts'
export type { OwnProfileChange } from '../people/own-profile.ts'
export type { People } from '../people/people.ts'
export type { EntryView } from '../people/strangers.ts'
export type { WebPush } from '../push/web-push.ts'
export type { Found, SearchOptions } from '../search/search.ts'
export type { Presence, PresenceSigns } from '../signals/presence.ts'
export { type Privacy, type PrivacyName, type PrivacySettings, privacyNames } from '../signals/privacy.ts'
export type { MemberReceipt, ReceiptState } from '../signals/receipt-record.ts'
export type { Receipts } from '../signals/receipts.ts'
export type { SignalEvents, Signals } from '../signals/signals.ts'
export type { Typing } from '../signals/typing.ts'
export type {
  Annotations,
  ConversationRecord,
  ConversationStatus,
  Entry,
  Identity,
  Quote,
  SystemEvent,
  TroubleEvent,
  WantedPolicies,
} from '../store/records.ts'
export type { Range, Row, Store, Table, Write } from '../store/store.ts'
export type { Incoming } from '../texts/incoming.ts'
export { type MessageIdSource, messageIdFrom } from '../texts/message-id-from.ts'
export type { IncomingOptions, TextOptions, Texts } from '../texts/texts.ts'
export { Trouble, type TroubleDetails } from '../trouble.ts'
export type { TroubleCode } from '../trouble-words.ts'
