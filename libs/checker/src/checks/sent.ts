import type { Index, Send } from '../index-history.ts'
import type { Report } from '../report.ts'

/** The clocks of processes on one machine differ by about this many milliseconds. */
const clockErrorMs = 2

/**
 * K5: the messages of one device in a conversation are stored in the order in which they were sent.
 * K6: a message that was sent after the ack of another one comes after it, from any sender.
 */
export function checkSent(index: Index, report: Report): void {
  const byConversation = new Map<number, Send[]>()
  for (const send of index.sends.values()) {
    if (send.storedSeq === 0) continue
    const sends = byConversation.get(send.conv)
    if (sends) sends.push(send)
    else byConversation.set(send.conv, [send])
  }
  for (const sends of byConversation.values()) {
    sends.sort((a, b) => a.invokedAt - b.invokedAt)
    checkSenders(index, sends, report)
    checkRealTime(index, sends, report)
  }
}

function checkSenders({ names }: Index, sends: readonly Send[], report: Report): void {
  const last = new Map<number, Send>()
  for (const send of sends) {
    const before = last.get(send.device)
    if (before && before.storedSeq > send.storedSeq && before.invokedAt < send.invokedAt)
      report.say('K5', `${names.nameOf(send.id)} overtook ${names.nameOf(before.id)} of the same device`)
    if (!before || before.storedSeq < send.storedSeq) last.set(send.device, send)
  }
}

function checkRealTime({ names }: Index, sends: readonly Send[], report: Report): void {
  const acked = sends.filter(({ outcome }) => outcome === 'ok').sort((a, b) => a.ackedAt - b.ackedAt)
  let at = 0
  let highest: Send | undefined
  for (const send of sends) {
    for (let next = acked[at]; next && next.ackedAt < send.invokedAt - clockErrorMs; next = acked[++at]) {
      if (!highest || next.storedSeq > highest.storedSeq) highest = next
    }
    if (highest && highest.storedSeq > send.storedSeq)
      report.say(
        'K6',
        `${names.nameOf(send.id)} was sent after the ack of ${names.nameOf(highest.id)}, but comes before it`,
      )
  }
}
