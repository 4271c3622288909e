import type { Client } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Line } from './line.ts'
import { lineOfFailed, lineOfFile, lineOfQueued } from './lines.ts'

/** Returns the lines of queued messages, without the shown ones, in the order of their sends. */
export function queuedLines(client: Client, conversation: ConversationId, shown: ReadonlySet<string>): Line[] {
  const { userId, username } = client.identity
  const records = [...client.conversation(conversation).outbox.records.values()]
  const waiting = records.filter(({ id, isRepeated }) => !shown.has(id) && !isRepeated)
  return waiting.toSorted((a, b) => a.order - b.order).flatMap((record) => lineOfQueued(record, userId, username) ?? [])
}

/** Returns the lines of failed and queued messages, and of files on their way. */
export async function unsentLines(
  client: Client,
  conversation: ConversationId,
  shown: ReadonlySet<string>,
): Promise<Line[]> {
  const { userId, username } = client.identity
  const failed = (await client.failed.list(conversation)).flatMap((one) => lineOfFailed(one, userId, username) ?? [])
  const queued = queuedLines(client, conversation, shown)
  const known = new Set([...shown, ...[...failed, ...queued].map(({ key }) => key)])
  const files = (await client.files.waiting())
    .filter((file) => file.conversation === conversation && !known.has(file.id))
    .map((file) => lineOfFile(file, userId, username))
  return [...failed, ...queued, ...files].toSorted((a, b) => a.at - b.at)
}
