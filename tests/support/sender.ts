/**
 * A program that tests kill: a device that queues texts in a conversation and prints the positions
 * that the server has stored.
 */
import { Client } from '@fastchat/client'
import { sqliteStore } from '@fastchat/client/node'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'

const [url = '', path = '', key = '', conversation = '', count = '0'] = process.argv.slice(2)
const client = await Client.open(url, sqliteStore(path, Buffer.from(key, 'hex')))
client.start()
client.on('stored', ({ seq }) => console.log(`stored ${seq}`))
// The test passes a conversation of this device.
const { outbox } = client.conversation(conversation as ConversationId)
for (let n = 1; n <= Number(count); n++) {
  // A UUIDv7 has the form of a message id.
  await outbox.queue(uuidv7() as MessageId, { v: 1, kind: 'text', text: String(n) })
}
