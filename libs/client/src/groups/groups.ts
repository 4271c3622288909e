import { isAdmin, mayWrite, ownerOf } from '@fastchat/crypto/verify'
import {
  type ConversationId,
  type MessageId,
  maxPictureBytes,
  maxSharedParts,
  maxTopicLetters,
  toBase64Url,
  topicOf,
  type UserId,
} from '@fastchat/schema'
import type { Context } from '../conversation/context.ts'
import type { Conversation } from '../conversation/conversation.ts'
import type { Conversations } from '../conversation/conversations.ts'
import { ClientError } from '../errors.ts'
import type { History } from '../history.ts'
import { othersIn, readLabel } from '../names.ts'
import { newMessageId } from '../new-id.ts'
import type { People } from '../people/people.ts'
import type { ConversationRecord, WantedPolicies } from '../store/records.ts'
import { pastTexts, sharedParts } from './past-messages.ts'
import { pictureType, storedPicture } from './picture.ts'
import type { ProfileChange } from './profile-payload.ts'
import { rosterOfRecord } from './roster-of-record.ts'

type Parts = {
  readonly context: Pick<Context, 'identity' | 'store'>
  readonly conversations: Conversations
  readonly history: History
  readonly people: Pick<People, 'checkAdding'>
}

/** The numbers of past messages that people are offered to share. Other numbers work, too. */
export const sharedCounts = [25, 50, 100] as const

/** Changes the members, roles and rules of groups. Every change is a line for all members. */
export class Groups {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Adds users to a group, and shares the last `share` messages with the new members. All members
   * see that.
   *
   * @returns the number of messages that were shared
   * @throws {ClientError} `banned_user`, `user_blocked`, `verified_key_changed`
   * @throws {ServerError} `admins_only`
   */
  async add(
    id: ConversationId,
    users: readonly UserId[],
    { share = 0 }: { readonly share?: number } = {},
  ): Promise<number> {
    const conversation = this.#parts.conversations.get(id)
    const { members, departed } = conversation.record
    const isIn = (userId: UserId) => members.some((one) => one.userId === userId) && !departed.includes(userId)
    const userIds = othersIn(users, this.#me)
    const fresh = userIds.filter((userId) => !isIn(userId))
    if (userIds.length === 0) return 0
    this.#parts.people.checkAdding(fresh)
    await conversation.intents.want({ kind: 'add', userIds })
    if (this.#mayWrite(conversation)) await conversation.announceProfile()
    return share > 0 && fresh.length > 0 ? await this.share(id, fresh, share) : 0
  }

  /**
   * Sends the last messages that this device has to members of a group, as this person tells them.
   * Their devices show them as such; the authors have signed nothing for them.
   *
   * @param ids of the messages that carry them. A repeated call with the same ids sends nothing
   *   twice
   * @returns the number of messages that were shared: fewer when there are no more texts, or when
   *   they are too long
   * @throws {ClientError} `not_a_member`, `admins_write`
   */
  async share(
    id: ConversationId,
    users: readonly UserId[],
    count: number,
    ids: readonly MessageId[] = Array.from({ length: maxSharedParts }, newMessageId),
  ): Promise<number> {
    const { history, conversations } = this.#parts
    const conversation = conversations.get(id)
    const { members, joinedSeq, cursor } = conversation.record
    const to = othersIn(users, this.#me)
    if (to.length === 0 || !to.every((userId) => members.some((member) => member.userId === userId)))
      throw new ClientError('not_a_member', 'Messages can be shared with members of the group only')
    if (!this.#mayWrite(conversation)) throw new ClientError('admins_write')
    const before = Math.max(cursor, joinedSeq) + 1
    const texts = await pastTexts(history, { id, count, before })
    const parts = sharedParts(texts, to)
    const used = ids.slice(0, parts.length)
    for (const [at, messageId] of used.entries()) {
      const part = parts[at]
      if (part) await conversation.outbox.queue(messageId, part)
    }
    for (const messageId of used) await conversation.outbox.whenStored(messageId)
    return parts[0]?.count ?? 0
  }

  /**
   * Removes users from a group. With `ban` they cannot be added again until an admin lifts the ban.
   *
   * @throws {ClientError} `only_others`, `ban_list_full`, `old_apps`
   * @throws {ServerError} `admins_only`, `owner_only`
   */
  async remove(
    id: ConversationId,
    users: readonly UserId[],
    { ban = false }: { readonly ban?: boolean } = {},
  ): Promise<void> {
    if (users.includes(this.#me))
      throw new ClientError('only_others', 'You cannot remove yourself: leave the group instead')
    const change = { kind: 'remove', userIds: [...new Set(users)], ...(ban && { ban }) } as const
    await this.#parts.conversations.get(id).intents.want(change)
  }

  /** Returns the users who may not be added to a group. */
  bans(id: ConversationId): readonly UserId[] {
    return this.#parts.conversations.get(id).record.banned ?? []
  }

  /** Lets users be added again. @throws {ServerError} `admins_only` */
  async unban(id: ConversationId, userIds: readonly UserId[]): Promise<void> {
    await this.#parts.conversations.get(id).intents.want({ kind: 'unban', userIds: [...new Set(userIds)] })
  }

  /** Makes a member an admin. @throws {ServerError} `admins_only` */
  async promote(id: ConversationId, userId: UserId): Promise<void> {
    await this.#parts.conversations.get(id).intents.want({ kind: 'role', userId, role: 'admin' })
  }

  /**
   * Makes an admin an ordinary member.
   *
   * @throws {ClientError} `successor_needed` for the owner
   * @throws {ServerError} `admins_only`, `owner_only`
   */
  async demote(id: ConversationId, userId: UserId): Promise<void> {
    await this.#parts.conversations.get(id).intents.want({ kind: 'role', userId, role: 'member' })
  }

  /**
   * Makes a member the owner. The owner before is an admin then. In a group without an owner, any
   * admin may do this.
   *
   * @throws {ClientError} `not_a_member`, `old_apps`
   * @throws {ServerError} `admins_only`, `owner_only`
   */
  async transfer(id: ConversationId, userId: UserId): Promise<void> {
    const conversation = this.#parts.conversations.get(id)
    this.#expectMember(conversation.record, userId)
    await conversation.intents.want({ kind: 'role', userId, role: 'owner' })
  }

  /** Returns who may add people to a group, and who may write in it. */
  policies(id: ConversationId): Required<WantedPolicies> {
    const { policies } = this.#parts.conversations.get(id).record
    return { add: policies?.add ?? 'admins', write: policies?.write ?? 'everybody' }
  }

  /**
   * Sets who may add people and who may write. Absent rules stay as they are.
   *
   * @throws {ClientError} `old_apps`
   * @throws {ServerError} `admins_only`
   */
  async setPolicies(id: ConversationId, policies: WantedPolicies): Promise<void> {
    await this.#parts.conversations.get(id).intents.want({ kind: 'policies', policies })
  }

  /** Gives a group another name. @throws {ClientError} `invalid_name`, `admins_only` */
  async rename(id: ConversationId, written: string): Promise<void> {
    await this.#announce(id, { name: readLabel(written, 'group') })
  }

  /**
   * Gives a group a topic, or none for an empty text.
   *
   * @throws {ClientError} `admins_only`, `too_large`
   */
  async setTopic(id: ConversationId, written: string): Promise<void> {
    if (written.length > maxTopicLetters)
      throw new ClientError('too_large', `A topic has at most ${maxTopicLetters} letters`)
    await this.#announce(id, { topic: topicOf(written) })
  }

  /**
   * Gives a group a picture, a JPEG or WebP, or none.
   *
   * @throws {ClientError} `admins_only`, `picture_too_large`, `invalid_payload`
   */
  async setPicture(id: ConversationId, bytes: Uint8Array | undefined): Promise<void> {
    if (bytes && bytes.length > maxPictureBytes) throw new ClientError('picture_too_large')
    if (bytes && !pictureType(bytes))
      throw new ClientError('invalid_payload', 'The picture of a group is a JPEG or WebP')
    await this.#announce(id, { picture: bytes ? toBase64Url(bytes) : '' })
  }

  /** Returns the picture of a group, or undefined when it has none. */
  async picture(id: ConversationId): Promise<Uint8Array | undefined> {
    return await storedPicture(this.#parts.context.store, id)
  }

  /**
   * Leaves a group. The owner names who owns it next, and so does the last admin of a group without
   * an owner.
   *
   * @throws {ClientError} `successor_needed`, `not_a_member`
   */
  async leave(
    id: ConversationId,
    { successor, messageId = newMessageId() }: { readonly successor?: UserId; readonly messageId?: MessageId } = {},
  ): Promise<void> {
    const conversation = this.#parts.conversations.get(id)
    const { record } = conversation
    if (successor !== undefined) this.#expectMember(record, successor)
    const role = neededRole(record, this.#me)
    if (role !== undefined && successor === undefined)
      throw new ClientError(
        'successor_needed',
        role === 'owner' ? 'You own this group. Say who owns it next' : 'You are the only admin. Say who is admin next',
      )
    if (role !== undefined && successor !== undefined)
      await conversation.intents.want({ kind: 'role', userId: successor, role })
    await conversation.leave(messageId)
  }

  /**
   * Returns the member who takes over when this user leaves: the longest admin, else the longest
   * member. Undefined when no member has to.
   */
  heir(id: ConversationId): UserId | undefined {
    const { record } = this.#parts.conversations.get(id)
    if (neededRole(record, this.#me) === undefined) return undefined
    const others = record.members.filter(({ userId }) => userId !== this.#me && !record.departed.includes(userId))
    // The roster lists the members in the order in which they came.
    return (others.find(({ role }) => role !== 'member') ?? others[0])?.userId
  }

  get #me(): UserId {
    return this.#parts.context.identity.userId
  }

  #mayWrite({ record }: Conversation): boolean {
    return mayWrite(rosterOfRecord(record), this.#me)
  }

  #expectMember({ members, departed }: ConversationRecord, userId: UserId): void {
    const isOther = userId !== this.#me && members.some((member) => member.userId === userId)
    if (!isOther || departed.includes(userId)) throw new ClientError('not_a_member', 'Name another member of the group')
  }

  async #announce(id: ConversationId, change: ProfileChange): Promise<void> {
    const conversation = this.#parts.conversations.get(id)
    const roster = rosterOfRecord(conversation.record)
    if (roster.kind !== 'group' || !isAdmin(roster, this.#me)) throw new ClientError('admins_only')
    const messageId = newMessageId()
    await conversation.announceProfile(change, messageId)
    await conversation.outbox.whenStored(messageId)
  }
}

/** Returns the role that another member needs before this one may leave, if any. */
function neededRole(record: ConversationRecord, me: UserId): 'owner' | 'admin' | undefined {
  const roster = rosterOfRecord(record)
  const others = roster.members.filter(({ userId }) => userId !== me && !record.departed.includes(userId))
  if (roster.kind !== 'group' || others.length === 0) return undefined
  if (ownerOf(roster) === me) return 'owner'
  return isAdmin(roster, me) && others.every(({ role }) => role === 'member') ? 'admin' : undefined
}
