import type { ConversationLog, Index } from '../index-history.ts'
import type { Report } from '../report.ts'

/** K10: each log has no gaps from its floor to its head, and no message twice. */
export function checkLog(index: Index, report: Report): void {
  for (const conversation of index.conversations.values()) checkConversation(index, conversation, report)
}

function checkConversation({ names }: Index, { conv, rows, doubled, head }: ConversationLog, report: Report): void {
  const name = names.nameOf(conv)
  for (const seq of doubled) report.say('K10', `${name}/${seq} is in the log twice`)
  const ids = new Set<string>()
  let highest = 0
  for (const [seq, { device, id }] of rows) {
    highest = Math.max(highest, seq)
    if (ids.has(`${device} ${id}`)) report.say('K10', `${name}/${seq}: ${names.nameOf(id)} has two positions`)
    ids.add(`${device} ${id}`)
  }
  if (!head) return
  const { lastSeq, floorSeq } = head
  if (Math.max(highest, floorSeq) !== lastSeq)
    report.say('K10', `${name}: the log ends at ${highest}, its head is ${lastSeq}`)
  if (rows.size !== lastSeq - floorSeq)
    report.say('K10', `${name} has ${rows.size} entries between its floor ${floorSeq} and its head ${lastSeq}`)
}
