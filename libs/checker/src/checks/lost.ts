import { type Feed, type Index, isWithin } from '../index-history.ts'
import type { Report } from '../report.ts'
import { describePosition } from './shown.ts'

/**
 * K1: an acknowledged message is in the log at its acknowledged position. It is also on every
 * device that may have it, unless the server told the device that it is gone.
 * K7: a message without an outcome is on all devices or on none, and a rejected message on none.
 */
export function checkLost(index: Index, report: Report): void {
  for (const { id, conv, outcome, ackedSeq, storedSeq, hash } of index.sends.values()) {
    const name = index.names.nameOf(id)
    const conversation = index.conversations.get(conv)
    const row = conversation?.rows.get(ackedSeq)
    if (outcome === 'fail' && storedSeq > 0) report.say('K7', `${name} was rejected and is in the log at ${storedSeq}`)
    if (outcome !== 'ok' || !conversation || ackedSeq <= (conversation.head?.floorSeq ?? 0)) continue
    if (!row || row.id !== id)
      report.say('K1', `${name} was acknowledged at ${ackedSeq}, but the log does not have it there`)
    else if (row.hash >= 0 && row.hash !== hash)
      report.say('K1', `${name} has other contents in the log than it was sent with`)
  }
  for (const feed of index.feeds.values()) checkFeed(index, feed, report)
}

function checkFeed(index: Index, feed: Feed, report: Report): void {
  const rows = index.conversations.get(feed.conv)?.rows
  if (!rows) return
  const shown = new Set<number>()
  for (const { seq, id } of feed.shows) {
    shown.add(seq)
    const send = index.sends.get(id)
    if (send && send.storedSeq === 0 && send.outcome !== 'ok' && !isWithin(feed.gaps, seq))
      report.say('K7', `${describePosition(index, feed, seq)}: shown, but not in the log`)
  }
  for (const [seq, { id, isMessage }] of rows) {
    if (!isMessage || shown.has(seq) || !isWithin(feed.scopes, seq) || isWithin(feed.gaps, seq)) continue
    const where = describePosition(index, feed, seq)
    if (index.sends.get(id)?.outcome === 'ok') report.say('K1', `${where}: acknowledged, but never shown`)
    else report.say('K7', `${where}: in the log, but never shown`)
  }
}
