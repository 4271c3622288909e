import type { Client } from '@fastchat/client'
import { fromBase64Url, toBase64Url } from '@fastchat/schema'
import { safeName } from '../text/safe-text.ts'
import type { PeopleVerbs } from './people-verbs.ts'
import { chatName, type Names } from './transcript-line.ts'

type Port = {
  readonly client: Client
  readonly names: Names
  /** Asks the server for unknown names. */
  learnNames(userIds: Parameters<Client['pins']['resolve']>[0]): Promise<void>
}

/** Returns the verbs about people of the device of this process. */
export function localPeople({ client, names, learnNames }: Port): PeopleVerbs {
  const { people } = client
  const called = (userId: Parameters<Names['nameOf']>[0]) => safeName(names.nameOf(userId))
  const nameOf = (id: Parameters<Client['conversation']>[0]) => chatName(client.conversation(id).record, names)
  return {
    async requests() {
      const records = people.requests()
      const byOf = ({ kind, peer, inviter }: (typeof records)[number]) => (kind === 'direct' ? peer : inviter)
      await learnNames(records.flatMap((record) => byOf(record) ?? []))
      return records.map((record) => {
        const by = byOf(record)
        const { conversation, kind } = record
        return { conversation, kind, name: chatName(record, names), ...(by !== undefined && { from: called(by) }) }
      })
    },
    acceptChat: async ({ conversation }) => await people.accept(conversation),
    acceptUser: async ({ userId }) => await people.acceptUser(userId),
    block: async ({ userId }) => await people.block(userId),
    unblock: async ({ userId }) => await people.unblock(userId),
    async blocked() {
      const userIds = people.blocked()
      await learnNames(userIds)
      return userIds.map((userId) => ({ userId, username: called(userId) }))
    },
    async knownUser({ username }) {
      const userId = client.pins.holderOf(username)
      return userId === undefined ? null : { userId, username }
    },
    async safety({ userId }) {
      // Without an answer the number with the known key is shown.
      if (client.connection.isOnline) await people.lookAgain(userId).catch(() => {})
      const change = people.keyChange(userId)
      return {
        number: people.safetyNumber(userId),
        isVerified: people.isVerified(userId),
        ...(change && { change: { number: change.shownNumber, key: change.shownKey } }),
      }
    },
    verify: async ({ userId, isVerified }) => await (isVerified ? people.verify(userId) : people.unverify(userId)),
    compare: async ({ userId, digits }) => await people.compare(userId, digits),
    acceptKey: async ({ userId, key }) => await people.acceptKey(userId, key),
    formerKeyGroups: async ({ userId }) =>
      people.groupsWithFormerKey(userId).map((group) => ({ ...group, name: nameOf(group.conversation) })),
    async forget({ conversation, undoMs: undo }) {
      const isThere = client.conversations().some((one) => one.conversation === conversation)
      if (isThere) await people.forget(conversation, { undo })
    },
    async undoForget() {
      const conversation = await people.undoForget()
      return conversation === undefined ? null : { conversation, name: nameOf(conversation) }
    },
    async profile({ userId }) {
      const { name, picture, sameNameAs } = await people.profile(userId)
      return {
        ...(name !== undefined && { name }),
        ...(picture && { picture: toBase64Url(picture) }),
        ...(sameNameAs !== undefined && { sameNameAs: called(sameNameAs) }),
      }
    },
    async setProfile({ name, picture }) {
      const bytes = picture === undefined ? {} : { picture: picture === null ? null : fromBase64Url(picture) }
      await people.setProfile({ ...(name !== undefined && { name }), ...bytes })
    },
  }
}
