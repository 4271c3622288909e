import { setTimeout as delay } from 'node:timers/promises'
import {
  blobSource,
  type Client,
  ClientError,
  type Entry,
  type FileMessage,
  type FileSource,
  isAnnotation,
  type Progress,
  Trouble,
} from '@fastchat/client'
import { fileSource } from '@fastchat/client/node'
import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import { CliError, exitCodes } from '../cli-error.ts'
import { endedDeviceNews, newDeviceNews, passwordNews } from '../devices/news.ts'
import { saveFile } from '../images/save-file.ts'
import { safeName } from '../text/safe-text.ts'
import { toCliError } from '../to-cli-error.ts'
import type { AccountVerbs } from './account-verbs.ts'
import { changeLine } from './change-line.ts'
import type { Chat, Hint, Link } from './chat.ts'
import { describeChat } from './describe-chat.ts'
import { actOnGroup } from './group-act.ts'
import { localPeople } from './local-people.ts'
import { messageVerbs } from './message-verbs.ts'
import { onSearchHint, ownVerbs } from './own-verbs.ts'
import { readPage } from './read-page.ts'
import { onSignalHint, receiptOf, receiptsRead, signalVerbs } from './signal-verbs.ts'
import { type Names, type TranscriptLine, toTranscriptLine, usersIn } from './transcript-line.ts'
import { untilSettled, whileServed } from './until-settled.ts'

/**
 * The time that a change of a group waits for a pod. The change is kept, and made once there is
 * one.
 */
const changePatienceMs = 5_000
/** The time that unknown names are waited for. */
const namesMs = 2_000
/** The time that the server's reason for an ended chat is waited for. */
const removedPatienceMs = 2_000
/** The lines that one answer holds. */
const pageSize = 200

/** Returns the device of this process. The caller passes what `signOut` does. */
export function localChat(client: Client, clock: Clock, signOut: () => Promise<void>): Omit<Chat, keyof AccountVerbs> {
  const { identity, pins } = client
  const names: Names = { me: identity.userId, nameOf: (userId) => pins.nameOf(userId) }

  /** Asks the server for unknown names. They stay unknown without a server. */
  const learnNames = async (userIds: readonly UserId[]): Promise<void> => {
    await Promise.race([pins.resolve(userIds).catch(() => {}), delay(namesMs, undefined, { ref: false })])
  }

  const lines = async (entries: readonly Entry[]): Promise<TranscriptLine[]> => {
    const shown = entries.filter((entry) => client.people.viewOf(entry) !== 'hidden')
    await learnNames(shown.flatMap(usersIn))
    const lineOf = (entry: Entry): TranscriptLine => {
      const line = toTranscriptLine(entry, client.conversation(entry.conversation).record, names)
      if (client.people.viewOf(entry) === 'collapsed') return collapsed(line)
      return { ...line, ...shownNames(client, names, entry), ...receiptOf(client, entry) }
    }
    const found: TranscriptLine[] = []
    for (const entry of shown) {
      const change = entry.type === 'mark' ? await client.messages.change(entry) : undefined
      if (change) found.push(changeLine(lineOf(entry), change, lineOf(change.target)))
      else if (entry.type !== 'mark') found.push(lineOf(entry))
    }
    return found
  }

  const { cancelForward, ...messages } = messageVerbs(client, lines)
  const served = <T>(work: Promise<T>): Promise<T> => servedBy(client, clock, work)

  return {
    ...ownVerbs(client, lines),
    ...localPeople({ client, names, learnNames }),
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
    async send({ conversation, id, payload }) {
      if (await isStored(client, id)) return
      const attachments = payload.kind === 'image' || payload.kind === 'file' ? [payload.file.attachment] : []
      const queued = isAnnotation(payload)
        ? client.messages.send(conversation, payload, id)
        : client.conversation(conversation).outbox.queue(id, payload, attachments)
      await queued.catch((error: unknown) => tellRemoved(client, clock, error))
      client.start()
    },
    async stored({ conversation, id }) {
      client.start()
      await client.files.whenQueued(id)
      const { outbox } = client.conversation(conversation)
      if (outbox.records.has(id)) return await outbox.whenStored(id).catch(tellRefusal)
      const { seq, at } = await client.entry(id)
      return { seq, at }
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
    async createGroup({ conversation, name, userIds }) {
      const { outbox } = await served(client.createGroup(name, userIds, conversation))
      // The other members learn the group's name from a message, so this waits until it is stored.
      await served(Promise.all([...outbox.records.keys()].map((id) => outbox.whenStored(id))))
    },
    async addMembers({ conversation, userIds }) {
      await served(client.addMembers(conversation, userIds))
    },
    async removeMembers({ conversation, userIds }) {
      await served(client.removeMembers(conversation, userIds))
    },
    async setRole({ conversation, userId, role }) {
      await served(client.setRole(conversation, userId, role))
    },
    async vote({ conversation, id }) {
      return await served(client.voteForNewAdmin(conversation, id))
    },
    async leave({ conversation, id }) {
      const found = client.conversation(conversation)
      if (found.record.status === 'left') return
      await found.leave(id)
    },
    async group({ conversation, ...change }) {
      const isDone = change.act === 'leave' && client.conversation(conversation).record.status === 'left'
      return isDone ? 0 : await served(actOnGroup(client, conversation, change))
    },
    async picture({ conversation }) {
      const bytes = await client.groups.picture(conversation)
      return bytes ? Buffer.from(bytes).toString('base64') : null
    },
    async backup({ action }) {
      const { backup } = client
      if (action === 'status') return backup.status()
      return await served(action === 'now' ? backup.now() : backup.switch(action === 'on'))
    },
    failed: async () => await client.failed.list(),
    async retryFailed({ id }) {
      const retried = await client.failed.retry(id)
      client.start()
      return retried
    },
    discardFailed: async ({ id }) => await client.failed.discard(id),
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
    async sendFile({ conversation, id, path, caption }) {
      if (await isStored(client, id)) return
      await untilEncrypted(client, clock, conversation, await fileSource(path), { id, ...(caption && { caption }) })
    },
    async sendPicture({ conversation, id, name, mime, bytes, picture, caption }) {
      if (await isStored(client, id)) return
      const source = { ...blobSource(new Blob([Buffer.from(bytes, 'base64')]), name), mime }
      await untilEncrypted(client, clock, conversation, source, { id, picture, ...(caption && { caption }) })
    },
    cancelFile: async ({ id }) => cancelForward(id) || (await client.files.cancel(id)),
    waitingFiles: async () => await client.files.waiting(),
    async saveFile({ id, folder }) {
      const { payload } = await client.entry(id)
      if (payload?.kind !== 'image' && payload?.kind !== 'file')
        throw new CliError('nothing_to_save', 'This message has no file, so nothing was saved')
      const file = await client.files.download(payload.file)
      const path = await saveFile(folder, file.name, file.read())
      await file.discard()
      return { path, name: file.name, size: file.size }
    },
    async revokeDevice({ device, password }) {
      await client.ownDevices.revoke(device, password)
    },
    signOut,
    ...messages,
    ...signalVerbs(client),
  }
}

/** Returns the display name of a message's author, for the fields of its line. */
function shownNames({ people }: Client, names: Names, { type, from }: Entry): Partial<TranscriptLine> {
  const displayName = type === 'message' && from !== undefined ? people.displayName(from) : undefined
  if (displayName === undefined || from === undefined) return {}
  const same = people.sameNameAs(from)
  return { displayName, ...(same !== undefined && { sameNameAs: names.nameOf(same) }) }
}

/** Returns the line of a blocked person's message in a group, without its content. */
const collapsed = ({ text: _, file: __, caption: ___, ...line }: TranscriptLine): TranscriptLine => ({
  ...line,
  kind: 'blocked',
  text: 'Blocked message',
})

/** Connects, and waits for work that needs a pod, as long as there is one. */
export function servedBy<T>(client: Client, clock: Clock, work: Promise<T>): Promise<T> {
  client.start()
  return whileServed(client, { patienceMs: changePatienceMs, clock }, work)
}

/**
 * The codes of a store that can't be written. The client tries again each second, and shows a
 * message once it is stored.
 */
const storeErrors: readonly string[] = ['storage_full', 'not_writable', 'store_corrupt']

/** Calls `tell` with a hint whenever the answers of verbs may have changed. */
export function onHint(client: Client, tell: (hint: Hint) => void): void {
  client.on('entry', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('conversation', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('stored', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('failed', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('restored', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('changed', ({ conversation }) => tell({ type: 'changed', conversation }))
  client.on('transfer', (transfer) => tell({ type: 'transfer', transfer }))
  client.on('newDevice', (device) => tell(newDeviceNews(device)))
  client.on('deviceEnded', (device) => tell(endedDeviceNews(device)))
  client.on('passwordChanged', (change) => tell(passwordNews(change)))
  onSearchHint(client, tell)
  onSignalHint(client, tell)
  client.own.on('chats', (ids) => {
    for (const conversation of ids) tell({ type: 'changed', conversation })
  })
  client.on('connection', () => tell({ type: 'link', link: linkOf(client) }))
  client.on('trouble', (error) => {
    const isOfStore = error instanceof ClientError && storeErrors.includes(error.code)
    if (isOfStore || error instanceof Trouble) tell({ type: 'trouble', code: error.code, message: error.message })
  })
}

export function linkOf({ state }: Client): Link {
  if (state.state === 'unavailable') return { state: 'unavailable', retryAt: state.retryAt }
  if (state.state !== 'ended') return { state: state.state }
  const { code, message } = toCliError(state.error)
  return { state: 'ended', code, message }
}

/** Sends a file. Resolves when this device has stored its ciphertext; the upload goes on. */
function untilEncrypted(
  client: Client,
  clock: Clock,
  conversation: ConversationId,
  source: FileSource,
  message: FileMessage,
): Promise<void> {
  client.start()
  return new Promise<void>((resolve, reject) => {
    const onProgress = ({ stage }: Progress) => stage === 'uploading' && resolve()
    client.files
      .send(conversation, source, { ...message, onProgress })
      .then(resolve, (error: unknown) => tellRemoved(client, clock, error).catch(reject))
  })
}

async function isStored(client: Client, id: MessageId): Promise<boolean> {
  try {
    await client.entry(id)
    return true
  } catch (error) {
    if (toCliError(error).code === 'unknown_message') return false
    throw error
  }
}

/**
 * Throws the reason why a message could not be queued. The server says whether this device was
 * removed from its account, or its user from the chat.
 */
async function tellRemoved(client: Client, clock: Clock, error: unknown): Promise<never> {
  if (toCliError(error).code !== 'not_a_member') throw error
  client.start()
  const reason: unknown = await untilSettled(client, { patienceMs: removedPatienceMs, clock }).catch(
    (why: unknown) => why,
  )
  throw toCliError(reason).code === 'device_revoked' ? reason : error
}

/**
 * Throws the words for a send that the server rejected. To people outside, it hides a conversation.
 */
function tellRefusal(error: unknown): never {
  const { code } = toCliError(error)
  if (code !== 'not_found' && code !== 'forbidden') throw error
  throw new CliError('not_a_member', 'Not sent: you are no longer a member of this chat', exitCodes.failed, {
    cause: error,
  })
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
