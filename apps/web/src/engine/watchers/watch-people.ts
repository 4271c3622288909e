import type { Client } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { PeopleNotes, PersonNote } from '../people-state.ts'
import type { Watcher } from './watcher.ts'

/** The most people with a note. Others are shown by their usernames. */
const maxNotes = 1_000

/** Tells the tabs how the people of the chats are named, and what was decided about them. */
export const watchPeople: Watcher = (client, patch) => {
  let notes = peopleNotes(client)
  let told = JSON.stringify(notes)
  client.changes.subscribe(({ chats, lists, troubles }) => {
    const isListed = [...chats.values()].some((chat) => chat.isListed)
    if (!isListed && !lists.has('people') && troubles.length === 0) return
    notes = peopleNotes(client)
    const now = JSON.stringify(notes)
    if (now === told) return
    told = now
    patch({ people: notes })
  })
  return () => ({ people: notes })
}

/** Returns the notes of this account, of the people in direct chats, and then of members. */
function peopleNotes(client: Client): PeopleNotes {
  const records = client.conversations()
  const users = new Set<UserId>([
    client.identity.userId,
    ...records.flatMap(({ peer }) => peer ?? []),
    ...client.people.blocked(),
    ...records.flatMap(({ members }) => members.map(({ userId }) => userId)),
  ])
  const noted = [...users].slice(0, maxNotes).map((userId) => [userId, noteOf(client, userId)] as const)
  return Object.fromEntries(noted)
}

function noteOf({ people, pins, identity }: Client, userId: UserId): PersonNote {
  const [shown, profile] = [people.displayName(userId), people.profileNumber(userId)]
  const isOther = userId !== identity.userId
  return {
    name: pins.nameOf(userId),
    ...(shown !== undefined && { shown }),
    ...(profile !== undefined && { profile }),
    ...(isOther && people.isVerified(userId) && { isVerified: true as const }),
    ...(isOther && people.isBlocked(userId) && { isBlocked: true as const }),
    ...(isOther && pins.rivalOf(userId) !== undefined && { hasOtherKey: true as const }),
  }
}
