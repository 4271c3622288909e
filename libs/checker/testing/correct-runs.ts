import fc from 'fast-check'
import type { FaultEvent, HistoryEvent, LogHead, LogRow, ReceiveEvent, SendEvent } from '../src/history.ts'

/** A whole run: the events of its processes, and the contents of the database after it. */
export type Run = { history: HistoryEvent[]; log: LogRow[]; heads: LogHead[] }

type Step = {
  readonly conv: number
  readonly sender: number
  readonly end: 'ok' | 'fail' | 'lost' | 'stored' | 'commit'
}

const stepMs = 100
const devices = ['ana', 'ben', 'cleo']

/**
 * Generates runs of a system that keeps all its promises. Ana and Ben are members from the first
 * entry on, Cleo from the fifth. During a fault nothing is shown, and soon after it everything is.
 */
export const correctRuns: fc.Arbitrary<Run> = fc
  .record({
    steps: fc.array(
      fc.record<Step>({
        conv: fc.nat(1),
        sender: fc.nat(2),
        end: fc.constantFrom('ok', 'ok', 'ok', 'ok', 'fail', 'lost', 'stored', 'commit'),
      }),
      { minLength: 30, maxLength: 60 },
    ),
    fault: fc.record({ from: fc.nat(20), steps: fc.nat(5) }),
    delays: fc.array(fc.nat(900), { minLength: 7, maxLength: 7 }),
  })
  .map(({ steps, fault, delays }) => {
    const run: Run = { history: [], log: [], heads: [] }
    const broken = { from: fault.from * stepMs + 50, to: (fault.from + fault.steps) * stepMs + 60 }
    run.history.push(faultEvent('start', broken.from), faultEvent('end', broken.to))
    const lastSeqs = [0, 0]
    const lastShownAt = new Map<string, number>()
    for (const [n, { conv, sender, end }] of steps.entries()) {
      const at = n * stepMs
      const name = { conv: `c${conv}`, id: `m${n}` }
      const hash = `h${n}`
      const isStored = end !== 'fail' && end !== 'lost'
      if (isStored) lastSeqs[conv]!++
      const seq = lastSeqs[conv]!
      const device = sender === 2 && lastSeqs[conv]! < 6 ? devices[0]! : devices[sender]!
      if (isStored) run.log.push({ ...name, seq, device, isMessage: end !== 'commit', ...(n % 2 === 0 && { hash }) })
      if (end === 'commit') continue
      run.history.push({ op: 'send', type: 'invoke', at, proc: device, device, ...name, hash })
      if (end === 'ok') run.history.push({ op: 'send', type: 'ok', at: at + 20, proc: device, device, ...name, seq })
      if (end === 'fail')
        run.history.push({ op: 'send', type: 'fail', at: at + 20, proc: device, device, ...name, code: 'forbidden' })
      if (!isStored) continue
      for (const [d, to] of devices.entries()) {
        if (to === 'cleo' && seq < 5) continue
        const key = `${to} ${name.conv}`
        let shownAt = Math.max(at + 21 + delays[(n + d) % delays.length]!, (lastShownAt.get(key) ?? 0) + 1)
        if (shownAt >= broken.from && shownAt < broken.to) shownAt = broken.to + 1 + n
        lastShownAt.set(key, shownAt)
        run.history.push({ op: 'show', at: shownAt, proc: to, device: to, ...name, seq, hash })
      }
    }
    for (const conv of [0, 1]) {
      for (const device of devices)
        run.history.push({
          op: 'scope',
          at: 0,
          proc: device,
          device,
          conv: `c${conv}`,
          from: device === 'cleo' ? 5 : 1,
        })
      run.heads.push({ conv: `c${conv}`, lastSeq: lastSeqs[conv]!, floorSeq: 0 })
    }
    return run
  })
  // Long enough for each test to break something.
  .filter((run) => acks(run).length >= 5 && shows(run).length >= 10)

function faultEvent(type: 'start' | 'end', at: number): FaultEvent {
  return { op: 'fault', type, at, proc: 'nemesis', fault: 'f1', kind: 'kill', target: 'chat-0' }
}

export const shows = ({ history }: Run) => history.filter((event): event is ReceiveEvent => event.op === 'show')
export const acks = ({ history }: Run) =>
  history.filter((event): event is SendEvent & { type: 'ok' } => event.op === 'send' && event.type === 'ok')

export const without = (run: Run, ...events: HistoryEvent[]): Run => ({
  ...run,
  history: run.history.filter((event) => !events.includes(event)),
})
export const replaced = <T extends HistoryEvent>(run: Run, event: T, changes: Partial<T>): Run => ({
  ...run,
  history: run.history.map((one) => (one === event ? { ...one, ...changes } : one)),
})
export const plus = (run: Run, ...events: HistoryEvent[]): Run => ({ ...run, history: [...run.history, ...events] })
