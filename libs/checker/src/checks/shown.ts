import { type Feed, type Index, isWithin } from '../index-history.ts'
import type { Report } from '../report.ts'

/**
 * K2: nothing is shown twice on a device. K3: what is shown was sent, as it was sent. K4: in the log's order, one message for each
 * position. K8: only while the device was in the conversation.
 */
export function checkShown(index: Index, report: Report): void {
  const idsAt = new Map<number, Map<number, number>>()
  for (const feed of index.feeds.values()) {
    checkRepeats(index, feed, report)
    checkOrder(index, feed, report)
    const ids = idsAt.get(feed.conv) ?? idsOfLog(index, feed.conv)
    idsAt.set(feed.conv, ids)
    for (const show of feed.shows) {
      const where = place(index, feed, show.seq)
      const send = index.sends.get(show.id)
      if (!send) report.say('K3', `${where}: ${index.names.nameOf(show.id)} was never sent`)
      else if (send.conv !== feed.conv) report.say('K3', `${where}: was sent to another conversation`)
      else if (send.hash !== show.hash) report.say('K3', `${where}: is not what was sent`)
      const id = ids.get(show.seq)
      if (id === undefined) ids.set(show.seq, show.id)
      else if (id !== show.id) report.say('K4', `${where}: another message than elsewhere`)
      if (!isWithin(feed.scopes, show.seq)) report.say('K8', `${where}: the device may not have it`)
    }
  }
}

function idsOfLog({ conversations }: Index, conv: number): Map<number, number> {
  const ids = new Map<number, number>()
  for (const [seq, { id }] of conversations.get(conv)?.rows ?? []) ids.set(seq, id)
  return ids
}

function checkRepeats(index: Index, feed: Feed, report: Report): void {
  const seqs = new Set<number>()
  const ids = new Set<number>()
  for (const { seq, id } of feed.shows) {
    if (seqs.has(seq) || ids.has(id)) report.say('K2', `${place(index, feed, seq)}: shown twice`)
    seqs.add(seq)
    ids.add(id)
  }
}

function checkOrder(index: Index, feed: Feed, report: Report): void {
  let last = 0
  for (const { seq } of feed.shows) {
    if (seq < last) report.say('K4', `${place(index, feed, seq)}: shown after ${last}`)
    last = Math.max(last, seq)
  }
}

export const place = ({ names }: Index, { device, conv }: Feed, seq: number): string =>
  `${names.nameOf(device)} ${names.nameOf(conv)}/${seq}`
