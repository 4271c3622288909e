/** A change of the source that breaks a promise, and the tests that must fail then. */
export type Mutant = {
  readonly id: string
  /** The promise as the broken source keeps it. */
  readonly says: string
  readonly file: string
  /** The text to replace. It occurs once in the file. */
  readonly find: string
  readonly replace: string
  /** The test files of which at least one test must fail. */
  readonly caughtBy: readonly string[]
}
