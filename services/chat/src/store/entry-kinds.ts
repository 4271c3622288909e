import type { ConversationKind, EntryKind, Role } from '@fastchat/schema'

/** Names of the smallint values in the database: the index is the value. */
export const entryKinds: readonly EntryKind[] = ['application', 'commit', 'leave', 'revocation']
export const conversationKinds: readonly ConversationKind[] = ['direct', 'group']
export const roles: readonly Role[] = ['member', 'admin', 'owner']
