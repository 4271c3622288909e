import { blobSource, type Client } from '@fastchat/client'
import { newMessageId } from '@fastchat/client/ids'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { DemoLine } from './demo-past.ts'
import type { DemoName } from './demo-people.ts'
import { drawHills } from './draw-hills.ts'

export type DemoClients = Readonly<Record<DemoName, Client>>

const picture = { width: 480, height: 320 }

/**
 * Does all lines in their order, each after all people of `readers` have the one before. `ids` has
 * the messages of the lines before these, and gets those of these.
 */
export async function playPast(
  clients: DemoClients,
  conversation: ConversationId,
  past: readonly DemoLine[],
  readers: readonly DemoName[],
  ids: MessageId[] = [],
): Promise<void> {
  for (const line of past) {
    const id = newMessageId()
    const client = clients[line.by]
    const target = (n: number): MessageId => ids[n] ?? id
    ids.push(id)
    if ('emoji' in line) await client.messages.react(target(line.to), line.emoji, { id })
    else if ('pin' in line) await client.messages.pin(target(line.pin), true, id)
    else if ('picture' in line) {
      const source = blobSource(new Blob([new Uint8Array(drawHills(picture.width, picture.height))]), line.picture)
      await client.files.send(conversation, source, { id, caption: line.caption, picture })
    } else {
      const replyTo = line.to === undefined ? {} : { replyTo: target(line.to) }
      const payload = client.messages.compose(conversation, { text: line.text, ...replyTo })
      await client.conversation(conversation).outbox.queue(id, payload)
    }
    const { seq } = await client.conversation(conversation).outbox.whenStored(id)
    await Promise.all(readers.map((name) => arrival(clients[name], conversation, seq)))
  }
}

/** Resolves when a device has read a chat up to a position. */
async function arrival(client: Client, conversation: ConversationId, seq: number): Promise<void> {
  const here = Promise.withResolvers<void>()
  const look = () => {
    if (client.conversation(conversation).record.cursor >= seq) here.resolve()
  }
  const end = client.changes.subscribe(look)
  look()
  await here.promise
  end()
}
