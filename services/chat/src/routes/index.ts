import type { Server } from '@fastchat/service'
import { backupSegments } from './backup-segments.ts'
import { commit } from './commit.ts'
import { getAttachment } from './get-attachment.ts'
import { getConversation } from './get-conversation.ts'
import { getMessage } from './get-message.ts'
import { getUpload } from './get-upload.ts'
import { groupInfo } from './group-info.ts'
import { leave } from './leave.ts'
import { listConversations } from './list-conversations.ts'
import { listMessages } from './list-messages.ts'
import { pastGroupInfo } from './past-group-info.ts'
import { putAttachment } from './put-attachment.ts'
import { reserveConversation } from './reserve-conversation.ts'
import type { RouteDeps } from './route-deps.ts'
import { webPush } from './web-push.ts'
import { welcome } from './welcome.ts'

const operations = [
  reserveConversation,
  listConversations,
  getConversation,
  commit,
  leave,
  groupInfo,
  pastGroupInfo,
  welcome,
  listMessages,
  getMessage,
  putAttachment,
  getUpload,
  getAttachment,
  backupSegments,
  webPush,
]

/** Binds all REST operations of a chat pod. */
export function registerRoutes(server: Server, deps: RouteDeps): void {
  for (const operation of operations) operation(server, deps)
}
