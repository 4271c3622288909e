export { minPasswordLength, PasswordTooShortError, preparePassword } from '@fastchat/crypto'
export { type Enrolled, logIn, type SignedUp, signUp } from './account/enrol.ts'
export { idleDevicesOf } from './account/idle-devices.ts'
export type { PasswordWork } from './account/password-work.ts'
export { signIn, signOut } from './account/sign-in.ts'
export { downloadFile, maxFileBytes, type OutgoingFile, uploadFile } from './attachments.ts'
export type { Backup } from './backup/backup.ts'
export type { BackupStatus, HandoverStatus } from './backup/backup-status.ts'
export type { ChangeBatch, ChangedList, ChatChange, TroubleNote } from './changes/change-batch.ts'
export type { Changes } from './changes/changes.ts'
export { Client } from './client.ts'
export type { ClientEvents } from './client-events.ts'
export type { Conversation } from './conversation/conversation.ts'
export type { ElectionState } from './conversation/election.ts'
export type { SignIn } from './devices/known-devices.ts'
export type { EndedDevice } from './devices/life-signs.ts'
export type { OwnDevice } from './devices/own-device.ts'
export type { UserPage, UserPageOptions } from './directory.ts'
export { ClientError, type ClientErrorCode, isTemporary, ServerError, Unreachable } from './errors.ts'
export {
  type ExportLine,
  type ExportProgress,
  type ExportSink,
  type ExportSource,
  exportHistory,
  type NotExported,
} from './export/export-history.ts'
export { exportSource } from './export/export-source.ts'
export type { FailedRecord } from './failed/failed-record.ts'
export type { MessageFields, PictureFields } from './files/file-records.ts'
export { blobSource, type FileSource } from './files/file-source.ts'
export type { Downloaded } from './files/incoming-files.ts'
export type { FileMessage, OutgoingFileInfo, Progress, Transfer, TransferOptions } from './files/transfer.ts'
export type { Groups } from './groups/groups.ts'
export { sharedCounts } from './groups/share-messages.ts'
export type { Place } from './history.ts'
export type { MessageChange } from './messages/change-of.ts'
export type { Messages, Version } from './messages/messages.ts'
export { isAnnotation } from './messages/operation.ts'
export type { Api } from './net/api.ts'
export type { ConnectionState } from './net/connection-state.ts'
export { isSameServer, isUnencrypted } from './net/origin.ts'
export { createRest, type Rest } from './net/rest.ts'
export { newConversationId, newMessageId } from './new-id.ts'
export type { Chat, ChatMarks } from './own/chat-marks.ts'
export { maxDraftBytes, maxPinnedChats, Own, type OwnEvents, Settings } from './own/own.ts'
export { checkName } from './own-account/check-name.ts'
export type { LeavingProgress } from './own-account/leave-groups.ts'
export type { AccountDeletion, DeletionPlan, OwnAccount } from './own-account/own-account.ts'
export type { PasswordChange } from './own-account/password-news.ts'
export { readRecoveryKey, resetPassword } from './own-account/recover.ts'
export { wipeKeys } from './own-account/wipe-keys.ts'
export type { Profile } from './people/cards.ts'
export { undoMs } from './people/chat-removal.ts'
export type { FormerKeyGroup } from './people/former-keys.ts'
export type { KeyChange } from './people/key-changes.ts'
export type { OwnProfileChange } from './people/own-profile.ts'
export type { People } from './people/people.ts'
export type { EntryView } from './people/strangers.ts'
export { type Highlight, highlightsIn } from './search/highlights.ts'
export type { Found, SearchOptions, SearchProgress } from './search/search.ts'
export type { Presence } from './signals/presence.ts'
export { type PrivacyName, type PrivacySettings, privacyNames } from './signals/privacy.ts'
export type { MemberReceipt, ReceiptState } from './signals/receipt-record.ts'
export type { SignalEvents, Signals } from './signals/signals.ts'
export type {
  Annotations,
  ConversationRecord,
  ConversationStatus,
  Entry,
  Identity,
  OutboxRecord,
  Quote,
  SystemEvent,
  WantedPolicies,
} from './store/records.ts'
export type { Range, Row, Store, Table, Write } from './store/store.ts'
export { Trouble, type TroubleDetails } from './trouble.ts'
export { type Subject, type TroubleCode, type TroubleFacts, tellTrouble, troubleWords } from './trouble-words.ts'
