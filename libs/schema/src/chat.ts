import { attachmentOperations } from './chat/attachments.ts'
import { backupOperations } from './chat/backup.ts'
import { conversationOperations } from './chat/conversations.ts'
import { groupChangeOperations } from './chat/group-changes.ts'
import { joinOperations } from './chat/joins.ts'
import { logOperations } from './chat/log.ts'
import { webPushOperations } from './chat/web-push.ts'

export { type Conversation, ConversationSchema } from './chat/conversations.ts'
export { type CommitBundle, CommitBundleSchema } from './chat/group-changes.ts'
export { type EntryKind, EntryKindSchema, type LogEntry, LogEntrySchema, logEntryFields } from './chat/log-entry.ts'
export { type PushState, PushStateSchema } from './chat/web-push.ts'

/** All REST operations of the chat service. */
export const chatOperations = {
  ...conversationOperations,
  ...groupChangeOperations,
  ...joinOperations,
  ...logOperations,
  ...attachmentOperations,
  ...backupOperations,
  ...webPushOperations,
} as const
