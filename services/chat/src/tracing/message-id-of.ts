import { type MessageId, uuidPattern } from '@fastchat/schema'

const uuid = new RegExp(uuidPattern)
const before = Buffer.from('"id":"')
const uuidLength = 36

/** Finds the id in a `message` frame without parsing it. Undefined if there is none. */
export function messageIdOf(frame: Buffer): MessageId | undefined {
  const at = frame.indexOf(before)
  if (at < 0) return undefined
  const from = at + before.length
  const id = frame.toString('latin1', from, from + uuidLength)
  return uuid.test(id) ? (id as MessageId) : undefined // the cast holds: it has the form of an id
}
