import type { Client, Entry } from '@fastchat/client'
import type { Clock } from '@fastchat/clock'
import { endedDeviceNews, newDeviceNews, passwordNews } from '../devices/news.ts'
import { safeName } from '../text/safe-text.ts'
import { toCliError } from '../to-cli-error.ts'
import type { AccountVerbs } from './account-verbs.ts'
import type { Chat } from './chat.ts'
import { describeChat } from './describe-chat.ts'
import { groupVerbs } from './group-verbs.ts'
import { linkOf } from './local-hints.ts'
import { localLines } from './local-lines.ts'
import { localPeople } from './local-people.ts'
import { messageVerbs } from './message-verbs.ts'
import { ownVerbs } from './own-verbs.ts'
import { pictureVerbs } from './picture-verbs.ts'
import { readPage } from './read-page.ts'
import { sendingVerbs } from './sending-verbs.ts'
import { servedBy } from './served-by.ts'
import { receiptsRead, signalVerbs } from './signal-verbs.ts'
import { untilSettled } from './until-settled.ts'

/** The lines that one answer holds. */
const pageSize = 200

/** Returns the device of this process. The caller passes what `signOut` does. */
export function localChat(client: Client, clock: Clock, signOut: () => Promise<void>): Omit<Chat, keyof AccountVerbs> {
  const { identity } = client
  const { names, learnNames, lines } = localLines(client)
  const { cancelForward, ...messages } = messageVerbs(client, lines)
  const served = <T>(work: Promise<T>): Promise<T> => servedBy(client, clock, work)

  return {
    ...ownVerbs(client, lines),
    ...localPeople({ client, names, learnNames }),
    ...sendingVerbs(client, clock, cancelForward),
    ...pictureVerbs(client),
    ...groupVerbs(client, served),
    ...messages,
    ...signalVerbs(client),
    async whoami() {
      const { userId, username, deviceId } = identity
      return { userId, username: safeName(username), device: deviceId, deviceName: client.ownDevices.thisName }
    },
    link: async () => linkOf(client),
    async sync({ patienceMs }) {
      client.start()
      return await untilSettled(client, { patienceMs, clock })
    },
    retryNow: async () => client.connection.retryNow(),
    async users({ query }) {
      return (await client.users(query)).map(({ userId, username }) => ({ userId, username: safeName(username) }))
    },
    async user({ username }) {
      try {
        const { userId } = await client.user(username)
        return { userId, username }
      } catch (error) {
        if (toCliError(error).code === 'not_found') return null
        throw error
      }
    },
    async chats() {
      const records = client.own.chats()
      await learnNames(
        records.flatMap(({ members, banned = [] }) => [...members.map(({ userId }) => userId), ...banned]),
      )
      return records.map((record) => describeChat(client, record, names))
    },
    check: async ({ conversation }) => client.conversation(conversation).check() ?? null,
    async openDirect({ userId }) {
      return (await client.openDirect(userId)).id
    },
    latest: async ({ conversation, limit }) => await lines(await client.history(conversation, limit)),
    async page({ conversation, ...query }) {
      await receiptsRead(client)
      const page = await readPage(client, conversation, query)
      return { ...page, lines: await lines(page.lines) }
    },
    async after({ conversation, seq }) {
      // A page of a blocked person's messages, or of changes that later ones have replaced, has no
      // line. The end of the log has none, either.
      for (let from = seq; ; ) {
        const entries = whole(await client.entriesAfter(conversation, from, pageSize, { withChanges: true }))
        const shown = await lines(entries)
        const last = entries.at(-1)
        if (shown.length > 0 || !last) return shown
        from = last.seq
      }
    },
    markRead: async ({ conversation, seq }) => await client.conversation(conversation).markRead(seq),
    async backup({ action }) {
      const { backup } = client
      if (action === 'status') return backup.status()
      return await served(action === 'now' ? backup.now() : backup.switch(action === 'on'))
    },
    async devices() {
      const all = await client.ownDevices.list()
      return all.map(({ deviceId: device, isThis: _, ...rest }) => ({ device, ...rest }))
    },
    renameDevice: async ({ device, name }) => await client.ownDevices.rename(device, name),
    async news() {
      const password = await client.account.passwords.unseen()
      return [
        ...(await client.ownDevices.unseen()).map(newDeviceNews),
        ...(await client.idleDevices.unseen()).map(endedDeviceNews),
        ...(password ? [passwordNews(password)] : []),
      ]
    },
    async devicesLooked({ devices }) {
      await client.ownDevices.looked(devices)
      await client.idleDevices.looked()
      await client.account.passwords.looked()
    },
    async revokeDevice({ device, password }) {
      await client.ownDevices.revoke(device, password)
    },
    signOut,
  }
}

/**
 * Returns the entries without those of the last position, if the page is full. The page may have
 * only some of them, and the next page begins after that position.
 */
function whole(entries: readonly Entry[]): readonly Entry[] {
  const last = entries.at(-1)
  if (entries.length < pageSize || !last) return entries
  return entries.filter(({ seq }) => seq < last.seq)
}
