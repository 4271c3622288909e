import { checkLive } from './checks/live.ts'
import { checkLog } from './checks/log.ts'
import { checkLost } from './checks/lost.ts'
import { checkSent } from './checks/sent.ts'
import { checkShown } from './checks/shown.ts'
import type { HistoryEvent } from './history.ts'
import { type Evidence, indexHistory } from './index-history.ts'
import { type CheckName, Report, type Violation } from './report.ts'

export type Verdict = {
  /** Messages that the server has acknowledged, and so promised to keep. */
  readonly acked: number
  /** The number of violations of K1 (lost), of K2 (doubled), and of K4, K5 and K6 (reordered). */
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  readonly undecryptable: number
  /** Alarms of devices, although server and members are honest. */
  readonly alarms: number
  /** The time from the end of a fault to the last delayed message. Undefined without a fault. */
  readonly healMsP50: number | undefined
  readonly healMsMax: number | undefined
  /** The time from the ack of a message until it is shown, without any fault. */
  readonly showMsP50: number | undefined
  readonly showMsP99: number | undefined
  /** The first violations of each check; `counts` has the number of all. */
  readonly violations: readonly Violation[]
  readonly counts: Readonly<Record<CheckName, number>>
  readonly pass: boolean
}

export type Options = Evidence & {
  /** How late a message may be once every fault has ended. */
  readonly healBoundMs?: number
}

/** Judges a whole run by K1–K11. `log` and `heads` are the contents of the database after it. */
export function checkHistory(history: Iterable<HistoryEvent>, { healBoundMs = 5_000, ...evidence }: Options): Verdict {
  const index = indexHistory(history, evidence)
  const report = new Report()
  checkLost(index, report)
  checkShown(index, report)
  checkSent(index, report)
  const { healMs, showMs } = checkLive(index, healBoundMs, report)
  checkLog(index, report)
  for (const { what, value, max } of index.bounds)
    if (value > max) report.say('K11', `${what} is ${value}, above ${max}`)
  for (const { device, conv, seq } of index.undecryptable)
    report.say('undecryptable', `${index.names.nameOf(device)} ${index.names.nameOf(conv)}/${seq}`)
  for (const { device, conv, seq, code } of index.alarms)
    report.say('alarm', `${index.names.nameOf(device)} ${index.names.nameOf(conv)}/${seq}: ${code}`)
  const { counts, violations } = report
  let acked = 0
  for (const { outcome } of index.sends.values()) if (outcome === 'ok') acked++
  return {
    acked,
    lost: counts.K1,
    doubled: counts.K2,
    reordered: counts.K4 + counts.K5 + counts.K6,
    undecryptable: counts.undecryptable,
    alarms: counts.alarm,
    healMsP50: quantile(healMs, 0.5),
    healMsMax: quantile(healMs, 1),
    showMsP50: quantile(showMs, 0.5),
    showMsP99: quantile(showMs, 0.99),
    violations,
    counts,
    pass: Object.values(counts).every((count) => count === 0),
  }
}

function quantile(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}
