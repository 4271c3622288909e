import type { Chat, Client } from '@fastchat/client'
import type { ChatRow } from './engine-state.ts'

type PeopleFields = Pick<ChatRow, 'isRequest' | 'mayWrite' | 'closedBy' | 'peer' | 'requestBy' | 'picture'>

/** Returns who stands behind a chat, and whether this person may write in it. */
export function peopleFields(client: Client, chat: Chat): PeopleFields {
  const { conversation, kind, status, peer, inviter, picture } = chat
  const isRequest = client.people.isRequest(conversation)
  const by = isRequest ? (kind === 'direct' ? peer : inviter) : undefined
  const mayWrite = client.groups.mayWrite(conversation)
  const closedBy = status === 'left' || status === 'removed' ? status : 'admins'
  return {
    ...{ isRequest, mayWrite },
    ...(!mayWrite && { closedBy }),
    ...(kind === 'direct' && peer !== undefined && { peer }),
    ...(by !== undefined && { requestBy: { userId: by, name: client.pins.nameOf(by) } }),
    ...(picture !== undefined && { picture }),
  }
}
