import { type MessageId, uuidPattern } from '@fastchat/schema'

const uuid = new RegExp(uuidPattern)
const before = Buffer.from('"id":"')
const uuidLength = 36

/** The id in a `message` frame, which is not parsed for it; undefined if there is none. */
export function messageIdOf(frame: Buffer): MessageId | undefined {
  const at = frame.indexOf(before)
  if (at < 0) return undefined
  const from = at + before.length
  const id = frame.toString('latin1', from, from + uuidLength)
  return uuid.test(id) ? (id as MessageId) : undefined // of that form
}
