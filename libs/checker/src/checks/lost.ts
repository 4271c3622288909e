import { type Feed, type Index, isWithin } from '../index-history.ts'
import type { Report } from '../report.ts'
import { place } from './shown.ts'

/**
 * K1: what was acked is in the log, where the ack said, and on every device that may have it, unless the device was told that it is gone.
 * K7: what was neither acked nor refused is everywhere or nowhere, and what was refused is nowhere.
 */
export function checkLost(index: Index, report: Report): void {
  for (const { id, conv, outcome, ackedSeq, storedSeq, hash } of index.sends.values()) {
    const name = index.names.nameOf(id)
    const conversation = index.conversations.get(conv)
    const row = conversation?.rows.get(ackedSeq)
    if (outcome === 'fail' && storedSeq > 0) report.say('K7', `${name} was refused and is in the log at ${storedSeq}`)
    if (outcome !== 'ok' || !conversation || ackedSeq <= (conversation.head?.floorSeq ?? 0)) continue
    if (!row || row.id !== id) report.say('K1', `${name} was acked at ${ackedSeq}, where the log does not have it`)
    else if (row.hash >= 0 && row.hash !== hash) report.say('K1', `${name} is not in the log as it was acked`)
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
      report.say('K7', `${place(index, feed, seq)}: shown, and not in the log`)
  }
  for (const [seq, { id, isMessage }] of rows) {
    if (!isMessage || shown.has(seq) || !isWithin(feed.scopes, seq) || isWithin(feed.gaps, seq)) continue
    const where = place(index, feed, seq)
    if (index.sends.get(id)?.outcome === 'ok') report.say('K1', `${where}: acked and never shown`)
    else report.say('K7', `${where}: in the log and never shown`)
  }
}
