import { isAdmin, mayRemove, mayWrite, roleOf } from '@fastchat/crypto/verify'
import { type ConversationId, type MessageId, maxSharedParts, type UserId } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import type { Context } from '../conversation/context.ts'
import type { Conversation } from '../conversation/conversation.ts'
import type { Conversations } from '../conversation/conversations.ts'
import { ClientError } from '../errors.ts'
import type { History } from '../history.ts'
import { othersIn } from '../names.ts'
import { newMessageId } from '../new-id.ts'
import type { People } from '../people/people.ts'
import type { WantedPolicies } from '../store/records.ts'
import { GroupProfiles } from './group-profiles.ts'
import { expectMember, heirOf, neededRole } from './leaving.ts'
import { mayElect } from './may-elect.ts'
import { rosterOfRecord } from './roster-of-record.ts'
import { shareMessages } from './share-messages.ts'

type Parts = {
  readonly context: Pick<Context, 'identity' | 'store'>
  readonly pins: Pick<Pins, 'lookAgain' | 'isDeleted'>
  readonly conversations: Conversations
  readonly history: History
  readonly people: Pick<People, 'checkAdding'>
}

/** Changes the members, roles and rules of groups. Every change is a line for all members. */
export class Groups {
  readonly #parts: Parts
  readonly #profiles: GroupProfiles

  constructor(parts: Parts) {
    this.#parts = parts
    this.#profiles = new GroupProfiles(parts)
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
    const to = othersIn(users, this.#me)
    return await shareMessages(history, conversations.get(id), { me: this.#me, to, count, ids })
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

  /**
   * Removes a member and adds them again, with the role that they had: their devices get the keys
   * that the directory shows now. It is what a group needs after `People.acceptKey`. Members who
   * have not accepted that key do not follow, and see a line that says so.
   *
   * @throws {ClientError} `not_a_member`, `admins_only`, `owner_only`, `user_blocked`,
   *   `verified_key_changed`
   */
  async addAgain(id: ConversationId, userId: UserId): Promise<void> {
    const conversation = this.#parts.conversations.get(id)
    const { record, intents } = conversation
    expectMember(record, userId, this.#me)
    const roster = rosterOfRecord(record)
    if (!isAdmin(roster, this.#me)) throw new ClientError('admins_only')
    if (!mayRemove(roster, { by: this.#me, userId })) throw new ClientError('owner_only')
    this.#parts.people.checkAdding([userId])
    const role = roleOf(roster, userId)
    // All are wanted before the first is done, so that a process that ends leaves nobody removed.
    await Promise.all([
      intents.want({ kind: 'remove', userIds: [userId] }),
      intents.want({ kind: 'add', userIds: [userId] }),
      ...(role === 'member' || role === undefined ? [] : [intents.want({ kind: 'role', userId, role })]),
    ])
    await conversation.announceProfile()
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
    expectMember(conversation.record, userId, this.#me)
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
    await this.#profiles.rename(id, written)
  }

  /**
   * Gives a group a topic, or none for an empty text.
   *
   * @throws {ClientError} `admins_only`, `too_large`
   */
  async setTopic(id: ConversationId, written: string): Promise<void> {
    await this.#profiles.setTopic(id, written)
  }

  /**
   * Gives a group a picture, a JPEG or WebP, or none.
   *
   * @throws {ClientError} `admins_only`, `picture_too_large`, `invalid_payload`
   */
  async setPicture(id: ConversationId, bytes: Uint8Array | undefined): Promise<void> {
    await this.#profiles.setPicture(id, bytes)
  }

  /** Returns the picture of a group, or undefined when it has none. */
  async picture(id: ConversationId): Promise<Uint8Array | undefined> {
    return await this.#profiles.picture(id)
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
    if (successor !== undefined) expectMember(record, successor, this.#me)
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
    return heirOf(this.#parts.conversations.get(id).record, this.#me)
  }

  /** Returns whether this user may write in a chat now, going by its roster. */
  mayWrite(id: ConversationId): boolean {
    const conversation = this.#parts.conversations.get(id)
    const { status } = conversation.record
    return status !== 'left' && status !== 'removed' && this.#mayWrite(conversation)
  }

  /**
   * Returns whether this user can vote to replace the owner or the admins, since their accounts are
   * deleted. See `Client.voteForNewAdmin`.
   *
   * @throws {Unreachable | ServerError}
   */
  async mayElect(id: ConversationId): Promise<boolean> {
    return await mayElect(
      { identity: this.#parts.context.identity, pins: this.#parts.pins },
      this.#parts.conversations.get(id).record,
    )
  }

  get #me(): UserId {
    return this.#parts.context.identity.userId
  }

  #mayWrite({ record }: Conversation): boolean {
    return mayWrite(rosterOfRecord(record), this.#me)
  }
}
