/** The result of one run of vitest, as `reporter.ts` writes it and `npm test` reads it. */
export type RunReport = {
  readonly files: readonly FileReport[]
  /**
   * Errors outside any test: of a promise that no test awaited, or of a global setup that could not
   * end.
   */
  readonly otherErrors: number
}

export type FileReport = {
  /** The path from the folder of the run. */
  readonly file: string
  /** The time to load the file and to run its tests. */
  readonly seconds: number
  /** False when the file could not be loaded, or did not end. */
  readonly isComplete: boolean
  /** Tests that were skipped are left out. */
  readonly tests: readonly TestReport[]
}

export type TestReport = { readonly name: string; readonly isPassed: boolean }

/** Returns the files in which something failed. */
export function failedFiles({ files }: RunReport): string[] {
  return files
    .filter(({ isComplete, tests }) => !isComplete || tests.some(({ isPassed }) => !isPassed))
    .map(({ file }) => file)
}

/** Returns the `count` files that took longest, the slowest first. */
export function slowestFiles({ files }: RunReport, count: number): FileReport[] {
  return files.toSorted((a, b) => b.seconds - a.seconds).slice(0, count)
}
