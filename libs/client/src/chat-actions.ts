import { type ConversationId, chatOperations, type UserId } from '@fastchat/schema'
import type { Conversation } from './conversation/conversation.ts'
import type { Conversations } from './conversation/conversations.ts'
import { ClientError } from './errors.ts'
import { othersIn, readLabel } from './names.ts'
import type { Api } from './net/api.ts'
import type { People } from './people/people.ts'

type Parts = {
  readonly api: Api
  readonly conversations: Conversations
  readonly people: Pick<People, 'checkAdding'>
  /** The user of this device. */
  readonly me: UserId
  /** Reports an error that no caller awaits. */
  readonly onError: (error: Error) => void
}

/** Opens chats, and changes their members. */
export class ChatActions {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Returns the direct chat with `peer`, and makes it if there is none. */
  async openDirect(peer: UserId): Promise<Conversation> {
    const { conversations, me, onError } = this.#parts
    if (peer === me) throw new ClientError('only_others', 'There is no chat with yourself')
    const conversation = conversations.directWith(peer) ?? (await this.#reserveDirect(peer))
    // A device that ended after the reservation asks for the group again.
    if (conversation.record.status === 'new')
      conversation.intents.want({ kind: 'create', userIds: [peer] }).catch(onError)
    return conversation
  }

  /** Creates a group with this user as admin. */
  async createGroup(written: string, users: readonly UserId[], id: ConversationId): Promise<Conversation> {
    const { api, conversations, people, me } = this.#parts
    const name = readLabel(written, 'group')
    const userIds = othersIn(users, me)
    people.checkAdding(userIds)
    const body = { kind: 'group', conversation: id } as const
    const conversation = await conversations.adopt(await api.call(chatOperations.reserveConversation, { body }))
    await conversation.accept()
    // The name comes first, so that a device that ends here has made no group without a name.
    if (conversation.record.name === undefined) await conversation.announce(name)
    await conversation.intents.want({ kind: 'create', userIds, name })
    return conversation
  }

  async #reserveDirect(peer: UserId): Promise<Conversation> {
    const { api, conversations } = this.#parts
    const body = { kind: 'direct', peer } as const
    const conversation = await conversations.adopt(await api.call(chatOperations.reserveConversation, { body }), peer)
    await conversation.accept()
    return conversation
  }
}
