import type { FileReport, RunReport } from './run-report.ts'

export type Verdict = {
  readonly passed: number
  /** Names of tests that passed in no run, as "FILE › TEST". */
  readonly failed: readonly string[]
  /** Names of tests that failed in one run and passed in the other. */
  readonly flaky: readonly string[]
  /** Errors outside any test, of both runs. */
  readonly otherErrors: number
}

/** This name stands for a file that could not be loaded, or did not end. */
const wholeFile = 'the whole file'

/**
 * Returns what two runs together say: `first` of all tests, and `second` of the files in which
 * something failed, or nothing. A test counts as passed when it passed in either run. A test that
 * `second` should have run again and did not run counts as failed.
 */
export function judgeRuns(first: RunReport, second?: RunReport): Verdict {
  const again = new Map(second?.files.map((report) => [report.file, report]))
  const verdict = { passed: 0, failed: [] as string[], flaky: [] as string[] }
  for (const report of first.files) {
    const repeated = again.get(report.file)
    const before = resultsOf(report)
    const after = repeated ? resultsOf(repeated) : new Map<string, boolean>()
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const isPassed = before.get(name) === true || after.get(name) === true
      const isFailed = before.get(name) === false || after.get(name) === false
      if (isPassed && name !== wholeFile) verdict.passed++
      if (isPassed && isFailed) verdict.flaky.push(`${report.file} › ${name}`)
      if (!isPassed) verdict.failed.push(`${report.file} › ${name}`)
    }
  }
  return { ...verdict, otherErrors: first.otherErrors + (second?.otherErrors ?? 0) }
}

/** Returns whether each test of a file passed. Tests of one name get a number each. */
function resultsOf({ isComplete, tests }: FileReport): ReadonlyMap<string, boolean> {
  const results = new Map<string, boolean>([[wholeFile, isComplete]])
  for (const { name, isPassed } of tests) {
    let unique = name
    for (let n = 2; results.has(unique); n++) unique = `${name} (${n})`
    results.set(unique, isPassed)
  }
  return results
}
