/** K1–K11: what must hold of every history; see the README. */
const numbered = ['K1', 'K2', 'K3', 'K4', 'K5', 'K6', 'K7', 'K8', 'K9', 'K10', 'K11'] as const
export const checkNames = [...numbered, 'undecryptable', 'alarm'] as const
export type CheckName = (typeof checkNames)[number]

export type Violation = { readonly check: CheckName; readonly message: string }

/** Enough to see what is wrong; the counts tell how much. */
const maxKept = 20

/** Collects what is wrong: the first few of each check in words, all of them in numbers. */
export class Report {
  readonly violations: Violation[] = []
  readonly counts = Object.fromEntries(checkNames.map((name) => [name, 0])) as Record<CheckName, number>

  say(check: CheckName, message: string): void {
    this.counts[check]++
    if (this.counts[check] <= maxKept) this.violations.push({ check, message })
  }
}
