/** The checks K1–K11 of every history: see the README. */
const numbered = ['K1', 'K2', 'K3', 'K4', 'K5', 'K6', 'K7', 'K8', 'K9', 'K10', 'K11'] as const
export const checkNames = [...numbered, 'undecryptable', 'alarm'] as const
export type CheckName = (typeof checkNames)[number]

export type Violation = { readonly check: CheckName; readonly message: string }

/** The number of violations per check that are kept in words. The counts include all. */
const maxKept = 20

/** Collects violations: the first few of each check in words, and the number of all. */
export class Report {
  readonly violations: Violation[] = []
  readonly counts = Object.fromEntries(checkNames.map((name) => [name, 0])) as Record<CheckName, number>

  say(check: CheckName, message: string): void {
    this.counts[check]++
    if (this.counts[check] <= maxKept) this.violations.push({ check, message })
  }
}
