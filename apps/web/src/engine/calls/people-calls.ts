import { type Client, type KeyChange, Unreachable, undoMs } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Person } from '../engine-state.ts'
import { hideTrouble } from '../trouble-board.ts'

/** A group in which this person and another one are. */
export type SharedGroup = {
  readonly id: ConversationId
  readonly name?: string
  /** The other person still stands there under a former key. */
  readonly hasFormerKey: boolean
  /** This person may remove the other one there and add them again. */
  readonly mayMend: boolean
}

/** A person, as the panel shows them. */
export type PersonInfo = Person & {
  readonly isMe: boolean
  readonly shown?: string
  /** The username of another person who has the shown name. */
  readonly sameName?: string
  readonly isBlocked: boolean
  readonly isVerified: boolean
  /** The 60 digits in groups of five. Absent when no key of the person is known. */
  readonly safetyNumber?: string
  /** Another key that the server shows, with both numbers. */
  readonly change?: KeyChange
  readonly groups: readonly SharedGroup[]
  /** The direct chat with the person, if there is one. */
  readonly direct?: ConversationId
}

export type PersonChange =
  | { readonly kind: 'block' | 'unblock' | 'accept' | 'verify' | 'unverify' }
  | { readonly kind: 'compare'; readonly digits: string }
  | { readonly kind: 'acceptKey'; readonly shownKey: string }
  | { readonly kind: 'mend'; readonly group: ConversationId }

export type PeopleCalls = {
  personInfo: { input: { userId: UserId }; result: PersonInfo }
  changePerson: { input: { userId: UserId; change: PersonChange }; result: PersonInfo }
  /** Returns people to whom this person can write, in the order of their names. */
  listPeople: { input: Record<string, never>; result: readonly Person[] }
  /** Asks in chats who is connected. */
  askPresence: { input: { conversations: readonly ConversationId[] } }
  /** Removes a chat for this account only. It can be taken back for the returned time. */
  forgetChat: { input: { conversation: ConversationId }; result: { undoMs: number } }
  undoForget: { input: Record<string, never>; result: { conversation?: ConversationId } }
  /** Closes a problem that this person did not cause. */
  hideTrouble: { input: { id: number } }
}

/** The most people that the list beside the chats shows. A search finds the others. */
const maxListed = 50
/** The most chats in which one call asks who is there. */
const maxAsked = 16

export const peopleCalls = (client: Client): Handlers<PeopleCalls> => ({
  personInfo: async ({ userId }) => {
    if (userId !== client.identity.userId) await lookAgain(client, userId)
    return personInfoOf(client, userId)
  },
  changePerson: async ({ userId, change }) => {
    await changePerson(client, userId, change)
    client.changes.list('people')
    return personInfoOf(client, userId)
  },
  listPeople: async () => {
    const { users } = await client.userPage(undefined, { limit: maxListed })
    return users
      .filter(({ userId }) => userId !== client.identity.userId)
      .map(({ userId, username }) => ({ userId, name: username }))
  },
  askPresence: async ({ conversations }) => {
    const known = new Set(client.conversations().map(({ conversation }) => conversation))
    const asked = conversations.filter((id) => known.has(id)).slice(0, maxAsked)
    await Promise.all(asked.map((id) => client.signals.presence.ask(id)))
    client.changes.list('presence')
  },
  forgetChat: async ({ conversation }) => {
    await client.people.forget(conversation, { undo: undoMs })
    client.changes.list('people')
    return { undoMs }
  },
  undoForget: async () => {
    const conversation = await client.people.undoForget()
    client.changes.list('people')
    return conversation === undefined ? {} : { conversation }
  },
  hideTrouble: async ({ id }) => hideTrouble(client, id),
})

/** Compares the key that the directory shows now. Without a server the known one counts. */
async function lookAgain(client: Client, userId: UserId): Promise<void> {
  try {
    await client.people.lookAgain(userId)
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
  }
}

function personInfoOf(client: Client, userId: UserId): PersonInfo {
  const { people, pins, identity } = client
  const isMe = userId === identity.userId
  const shown = people.displayName(userId)
  const same = people.sameNameAs(userId)
  const direct = client.conversations().find(({ kind, peer }) => kind === 'direct' && peer === userId)
  const isKnown = !isMe && pins.accountKeyOf(userId) !== undefined
  const change = isKnown ? people.keyChange(userId) : undefined
  return {
    ...{ userId, name: pins.nameOf(userId), isMe, groups: isMe ? [] : sharedGroups(client, userId) },
    ...{ isBlocked: people.isBlocked(userId), isVerified: !isMe && people.isVerified(userId) },
    ...(shown !== undefined && { shown }),
    ...(same !== undefined && { sameName: pins.nameOf(same) }),
    ...(isKnown && { safetyNumber: people.safetyNumber(userId) }),
    ...(change && { change }),
    ...(direct && { direct: direct.conversation }),
  }
}

function sharedGroups(client: Client, userId: UserId): SharedGroup[] {
  const former = new Map(client.people.groupsWithFormerKey(userId).map((one) => [one.conversation, one]))
  return client
    .conversations()
    .filter(({ kind, status, members }) => {
      const isShared = members.some((member) => member.userId === userId)
      return kind === 'group' && status === 'active' && isShared
    })
    .map(({ conversation, name }) => ({
      id: conversation,
      ...(name !== undefined && { name }),
      hasFormerKey: former.has(conversation),
      mayMend: former.get(conversation)?.mayMend ?? false,
    }))
}

/** Does what a person decides about another one. @throws {ClientError} {ServerError} */
async function changePerson(client: Client, userId: UserId, change: PersonChange): Promise<void> {
  const { people, groups } = client
  switch (change.kind) {
    case 'block':
      return await people.block(userId)
    case 'unblock':
      return await people.unblock(userId)
    case 'accept':
      return await people.acceptUser(userId)
    case 'verify':
      return await people.verify(userId)
    case 'unverify':
      await people.unverify(userId)
      // A key that was refused before is told again.
      return await lookAgain(client, userId)
    case 'compare':
      return await people.compare(userId, change.digits)
    case 'acceptKey':
      return await people.acceptKey(userId, change.shownKey)
    case 'mend':
      return await groups.addAgain(change.group, userId)
  }
}
