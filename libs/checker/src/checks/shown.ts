import { type Feed, type Index, isWithin } from '../index-history.ts'
import type { Report } from '../report.ts'

/**
 * K2: a device shows nothing twice. K3: a shown message was sent, with these contents and to this
 * conversation. K4: devices show messages in the order of the log, with one message per position.
 * K8: a device shows messages only of the time in which it is in the conversation.
 */
export function checkShown(index: Index, report: Report): void {
  const idsAt = new Map<number, Map<number, number>>()
  for (const feed of index.feeds.values()) {
    checkRepeats(index, feed, report)
    checkOrder(index, feed, report)
    const ids = idsAt.get(feed.conv) ?? idsOfLog(index, feed.conv)
    idsAt.set(feed.conv, ids)
    for (const show of feed.shows) {
      const where = describePosition(index, feed, show.seq)
      const send = index.sends.get(show.id)
      if (!send) report.say('K3', `${where}: ${index.names.nameOf(show.id)} was never sent`)
      else if (send.conv !== feed.conv) report.say('K3', `${where}: was sent to another conversation`)
      else if (send.hash !== show.hash) report.say('K3', `${where}: has other contents than it was sent with`)
      const id = ids.get(show.seq)
      if (id === undefined) ids.set(show.seq, show.id)
      else if (id !== show.id) report.say('K4', `${where}: another message than on other devices or in the log`)
      if (!isWithin(feed.scopes, show.seq)) report.say('K8', `${where}: outside the scope of the device`)
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
    if (seqs.has(seq) || ids.has(id)) report.say('K2', `${describePosition(index, feed, seq)}: shown twice`)
    seqs.add(seq)
    ids.add(id)
  }
}

function checkOrder(index: Index, feed: Feed, report: Report): void {
  let last = 0
  for (const { seq } of feed.shows) {
    if (seq < last) report.say('K4', `${describePosition(index, feed, seq)}: shown after ${last}`)
    last = Math.max(last, seq)
  }
}

export const describePosition = ({ names }: Index, { device, conv }: Feed, seq: number): string =>
  `${names.nameOf(device)} ${names.nameOf(conv)}/${seq}`
