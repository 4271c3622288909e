import { isAdmin } from '@fastchat/crypto/verify'
import { type ConversationId, maxPictureBytes, maxTopicLetters, toBase64Url, topicOf } from '@fastchat/schema'
import type { Context } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import { ClientError } from '../errors.ts'
import { readLabel } from '../names.ts'
import { newMessageId } from '../new-id.ts'
import { pictureType, storedPicture } from './picture.ts'
import type { ProfileChange } from './profile-payload.ts'
import { rosterOfRecord } from './roster-of-record.ts'

type Parts = { readonly context: Pick<Context, 'identity' | 'store'>; readonly conversations: Conversations }

/** Changes the names, topics and pictures of groups. Only admins may. */
export class GroupProfiles {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async rename(id: ConversationId, written: string): Promise<void> {
    await this.#announce(id, { name: readLabel(written, 'group') })
  }

  async setTopic(id: ConversationId, written: string): Promise<void> {
    if (written.length > maxTopicLetters)
      throw new ClientError('too_large', `A topic has at most ${maxTopicLetters} letters`)
    await this.#announce(id, { topic: topicOf(written) })
  }

  async setPicture(id: ConversationId, bytes: Uint8Array | undefined): Promise<void> {
    if (bytes && bytes.length > maxPictureBytes) throw new ClientError('picture_too_large')
    if (bytes && !pictureType(bytes))
      throw new ClientError('invalid_payload', 'The picture of a group is a JPEG or WebP')
    await this.#announce(id, { picture: bytes ? toBase64Url(bytes) : '' })
  }

  async picture(id: ConversationId): Promise<Uint8Array | undefined> {
    return await storedPicture(this.#parts.context.store, id)
  }

  async #announce(id: ConversationId, change: ProfileChange): Promise<void> {
    const { conversations, context } = this.#parts
    const conversation = conversations.get(id)
    const roster = rosterOfRecord(conversation.record)
    if (roster.kind !== 'group' || !isAdmin(roster, context.identity.userId)) throw new ClientError('admins_only')
    const messageId = newMessageId()
    await conversation.announceProfile(change, messageId)
    await conversation.outbox.whenStored(messageId)
  }
}
