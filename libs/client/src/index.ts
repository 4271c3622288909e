export { minPasswordLength, PasswordTooShortError, preparePassword } from '@fastchat/crypto'
export { type Enrolled, logIn, type PasswordWork, signUp } from './account/enrol.ts'
export { idleDevicesOf } from './account/idle-devices.ts'
export { signIn, signOut } from './account/sign-in.ts'
export { downloadFile, maxFileBytes, type OutgoingFile, uploadFile } from './attachments.ts'
export type { Backup } from './backup/backup.ts'
export type { BackupStatus } from './backup/backup-status.ts'
export { Client, type ClientEvents } from './client.ts'
export type { Conversation } from './conversation/conversation.ts'
export type { ElectionState } from './conversation/election.ts'
export type { SignIn } from './devices/known-devices.ts'
export type { OwnDevice } from './devices/own-device.ts'
export { ClientError, type ClientErrorCode, isTemporary, ServerError, Unreachable } from './errors.ts'
export type { FailedRecord } from './failed/failed-record.ts'
export { blobSource, type FileSource } from './files/file-source.ts'
export type { Downloaded } from './files/incoming-files.ts'
export type { OutgoingFileInfo, Progress, Transfer, TransferOptions } from './files/transfer.ts'
export type { Api } from './net/api.ts'
export type { ConnectionState } from './net/connection-state.ts'
export { isSameServer, isUnencrypted } from './net/origin.ts'
export { createRest, type Rest } from './net/rest.ts'
export { newConversationId, newMessageId } from './new-id.ts'
export type { Chat, ChatMarks } from './own/chat-marks.ts'
export { maxDraftBytes, maxPinnedChats, Own, type OwnEvents, Settings } from './own/own.ts'
export type { Found, SearchOptions } from './search/search.ts'
export type {
  ConversationRecord,
  ConversationStatus,
  Entry,
  Identity,
  OutboxRecord,
  SystemEvent,
} from './store/records.ts'
export type { Range, Row, Store, Table, Write } from './store/store.ts'
export { Trouble, type TroubleDetails } from './trouble.ts'
export { type Subject, type TroubleCode, type TroubleFacts, tellTrouble, troubleWords } from './trouble-words.ts'
