import fc from 'fast-check'
import { expect, test } from 'vitest'
import { acks, correctRuns, plus, type Run, replaced, shows, without } from '../testing/correct-runs.ts'
import { checkHistory } from './check-history.ts'
import type { CheckName } from './report.ts'

const check = ({ history, log, heads }: Run) => checkHistory(history, { log, heads })

/** Expects a violation in every correct run after `breakIt`, which may return undefined. */
function catches(name: CheckName, breakIt: (run: Run) => Run | undefined): void {
  let tried = 0
  fc.assert(
    fc.property(correctRuns, (run) => {
      const broken = breakIt(run)
      if (broken === undefined) return
      tried++
      const verdict = check(broken)
      expect(verdict.counts[name]).toBeGreaterThan(0)
      expect(verdict.pass).toBe(false)
    }),
    { numRuns: 60 },
  )
  expect(tried).toBeGreaterThan(5)
}

test('a run that keeps all promises passes, with its events in any order', () => {
  fc.assert(
    fc.property(correctRuns, fc.func(fc.nat()), (run, rank) => {
      const verdict = check({ ...run, history: run.history.toSorted((a, b) => rank(a) - rank(b)) })
      expect(verdict.violations).toEqual([])
      expect(verdict).toMatchObject({ pass: true, acked: acks(run).length, lost: 0, doubled: 0, reordered: 0 })
    }),
  )
})

test.each<[string, CheckName, (run: Run) => Run | undefined]>([
  ['an acked message that one device never shows', 'K1', (run) => without(run, shownAcked(run)!)],
  ['an acked message that the log does not have', 'K1', (run) => withoutRow(run, acks(run)[0]!.id)],
  ['an ack that names another position', 'K1', (run) => replaced(run, acks(run)[0]!, { seq: acks(run)[0]!.seq + 1 })],
  ['a message that the log has with other bytes', 'K1', withOtherBytes],
  ['a message shown twice', 'K2', (run) => plus(run, { ...shows(run)[3]!, at: 1e6 })],
  ['a message shown at two positions', 'K2', (run) => plus(run, { ...shows(run)[0]!, at: 1e6, seq: 999 })],
  ['a message that no device sent', 'K3', (run) => replaced(run, shows(run)[2]!, { id: 'never sent' })],
  ['a message shown with other contents', 'K3', (run) => replaced(run, shows(run)[2]!, { hash: 'other' })],
  ['a message shown in another conversation', 'K3', (run) => replaced(run, shows(run)[0]!, { conv: 'c9' })],
  ['two messages shown in the wrong order', 'K4', inWrongOrder],
  ['two devices that show different messages at one position', 'K4', withSwappedMessages],
  ['a message that overtakes another of its sender', 'K5', (run) => swapSent(run, (a, b) => a.device === b.device)],
  [
    'a message stored before a message that was acknowledged before it was sent',
    'K6',
    (run) => swapSent(run, (a, b) => a.device !== b.device),
  ],
  ['a rejected message in the log', 'K7', refusedInLog],
  ['a message without an outcome that only some devices show', 'K7', withoutOne],
  ['a message without an outcome that is shown and not stored', 'K7', shownOnly],
  ['a message from before a device joined', 'K8', beforeItsTime],
  ['a message that takes too long', 'K9', (run) => replaced(run, shownAcked(run)!, { at: 1e6 })],
  ['a gap in the log', 'K10', (run) => ({ ...run, log: run.log.slice(1) })],
  [
    'a head that is behind the log',
    'K10',
    (run) => ({ ...run, heads: run.heads.map((head) => ({ ...head, lastSeq: head.lastSeq - 1 })) }),
  ],
  [
    'one message at two positions of the log',
    'K10',
    (run) => ({ ...run, log: [...run.log, { ...run.log[0]!, seq: 999 }] }),
  ],
  [
    'a position that the log has twice',
    'K10',
    (run) => ({ ...run, log: [...run.log, { ...run.log[0]!, id: 'other' }] }),
  ],
  ['too much memory', 'K11', (run) => plus(run, { op: 'bound', at: 0, proc: 'p', what: 'rss', value: 2, max: 1 })],
  [
    'a message that could not be decrypted',
    'undecryptable',
    (run) => plus(run, { op: 'undecryptable', at: 0, proc: 'ana', device: 'ana', conv: 'c0', seq: 1 }),
  ],
  [
    'an alarm although server and members are honest',
    'alarm',
    (run) => plus(run, { op: 'alarm', at: 0, proc: 'ana', device: 'ana', conv: 'c0', seq: 1, code: 'history_differs' }),
  ],
])('%s: %s', (_, name, breakIt) => catches(name, breakIt))

test('a device need not show a message that the server told it is gone', () => {
  fc.assert(
    fc.property(correctRuns, (run) => {
      const show = shownAcked(run)!
      const { device, conv, seq } = show
      const told = plus(without(run, show), { op: 'gap', at: 0, proc: device, device, conv, from: seq, to: seq })
      expect(check(told).pass).toBe(true)
    }),
  )
})

test('a message sent again with its id is one message, and its ack counts despite a later unknown outcome', () => {
  const at = { proc: 'a', device: 'a', conv: 'c', id: 'm' }
  const shown = { op: 'show', at: 40, ...at, hash: 'h', seq: 1 } as const
  const verdict = checkHistory(
    [
      { op: 'send', type: 'invoke', at: 10, ...at, hash: 'h' },
      { op: 'send', type: 'info', at: 20, ...at },
      { op: 'send', type: 'invoke', at: 25, ...at, hash: 'h' },
      { op: 'send', type: 'ok', at: 30, ...at, seq: 1 },
      { op: 'send', type: 'info', at: 35, ...at },
      { op: 'scope', at: 0, ...at, from: 1 },
      shown,
    ],
    { log: [{ ...at, seq: 1, isMessage: true }], heads: [{ conv: 'c', lastSeq: 1, floorSeq: 0 }] },
  )
  expect(verdict).toMatchObject({ acked: 1, pass: true, showMsP50: 10 })
})

test('reports how long messages were delayed after a fault', () => {
  const at = { proc: 'a', device: 'a', conv: 'c' }
  const fault = { op: 'fault', proc: 'n', fault: 'f', kind: 'kill', target: 'redis' } as const
  const verdict = checkHistory(
    [
      { op: 'scope', at: 0, ...at, from: 1 },
      { ...fault, type: 'start', at: 100 },
      { ...fault, type: 'end', at: 900 },
      { op: 'send', type: 'invoke', at: 200, ...at, id: 'm', hash: 'h' },
      { op: 'send', type: 'ok', at: 210, ...at, id: 'm', seq: 1 },
      { op: 'show', at: 1_600, ...at, id: 'm', hash: 'h', seq: 1 },
    ],
    { healBoundMs: 800 },
  )
  expect(verdict).toMatchObject({ healMsP50: 700, healMsMax: 700, pass: true })
})

function shownAcked(run: Run) {
  const acked = new Set(acks(run).map(({ id }) => id))
  return shows(run).findLast(({ id }) => acked.has(id))
}

function withoutRow(run: Run, id: string): Run {
  return { ...run, log: run.log.filter((row) => row.id !== id) }
}

function withOtherBytes(run: Run): Run | undefined {
  const acked = new Set(acks(run).map(({ id }) => id))
  const row = run.log.find(({ id, hash }) => hash !== undefined && acked.has(id))
  return row && { ...run, log: run.log.map((one) => (one === row ? { ...one, hash: 'other' } : one)) }
}

function inWrongOrder(run: Run): Run | undefined {
  const [first] = shows(run)
  const later = shows(run).findLast(({ device, conv }) => device === first?.device && conv === first.conv)
  if (!first || !later || later === first) return undefined
  return replaced(replaced(run, first, { at: later.at }), later, { at: first.at })
}

function withSwappedMessages(run: Run): Run | undefined {
  const [first] = shows(run)
  const other = shows(run).find(
    ({ device, conv, seq }) => device === first?.device && conv === first.conv && seq > first.seq,
  )
  if (!first || !other) return undefined
  const swapped = replaced(run, first, { id: other.id, hash: other.hash })
  return replaced(swapped, other, { id: first.id, hash: first.hash })
}

/** Swaps the positions of two messages in the log and on all devices. */
function swapSent(run: Run, fits: (a: Sent, b: Sent) => boolean): Run | undefined {
  const sent = acks(run)
  for (const first of sent) {
    const second = sent.find((one) => one.conv === first.conv && one.seq > first.seq && fits(first, one))
    if (!second) continue
    const seqOf = (id: string, seq: number) => (id === first.id ? second.seq : id === second.id ? first.seq : seq)
    const isMoved = (event: { op: string }) => event.op === 'show' || event.op === 'send'
    return {
      ...run,
      history: run.history.map((event) =>
        isMoved(event) && 'seq' in event && 'id' in event ? { ...event, seq: seqOf(event.id, event.seq) } : event,
      ),
      log: run.log.map((row) => ({ ...row, seq: seqOf(row.id, row.seq) })),
    }
  }
  return undefined
}
type Sent = ReturnType<typeof acks>[number]

function refusedInLog(run: Run): Run | undefined {
  const refused = run.history.find((event) => event.op === 'send' && event.type === 'fail')
  if (refused?.op !== 'send') return undefined
  const { conv, id, device } = refused
  return { ...run, log: [...run.log, { conv, id, device, seq: 999, isMessage: true }] }
}

function withoutOne(run: Run): Run | undefined {
  const answered = new Set(run.history.flatMap((e) => (e.op === 'send' && e.type !== 'invoke' ? [e.id] : [])))
  const show = shows(run).find(({ id }) => !answered.has(id))
  return show && without(run, show)
}

function shownOnly(run: Run): Run | undefined {
  const answered = new Set(run.history.flatMap((e) => (e.op === 'send' && e.type !== 'invoke' ? [e.id] : [])))
  const show = shows(run).find(({ id }) => !answered.has(id))
  return show && withoutRow(run, show.id)
}

function beforeItsTime(run: Run): Run | undefined {
  const early = shows(run).find(({ device, seq }) => device === 'ana' && seq < 5)
  return early && plus(run, { ...early, device: 'cleo', proc: 'cleo' })
}
