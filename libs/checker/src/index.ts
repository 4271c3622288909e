export { checkHistory, type Options, type Verdict } from './check-history.ts'
export type * from './history.ts'
export { readLines } from './read-lines.ts'
export { type CheckName, checkNames, type Violation } from './report.ts'
