import type { AttachmentId, BackupSegmentId, ConversationId, DeviceId, MessageId, UserId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'

/**
 * Ids that the client chooses (UUIDv7), so that a repeated request takes effect once. The casts
 * hold because the library makes ids in this form.
 */
export const newMessageId = (): MessageId => uuidv7() as MessageId
/** Returns an id for a new conversation, see `newMessageId`. */
export const newConversationId = (): ConversationId => uuidv7() as ConversationId
export const newUserId = (): UserId => uuidv7() as UserId
export const newDeviceId = (): DeviceId => uuidv7() as DeviceId
export const newAttachmentId = (): AttachmentId => uuidv7() as AttachmentId
export const newBackupSegmentId = (): BackupSegmentId => uuidv7() as BackupSegmentId
export const newHandoverId = (): string => uuidv7()
