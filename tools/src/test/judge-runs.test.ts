import { expect, test } from 'vitest'
import { judgeRuns } from './judge-runs.ts'
import { failedFiles, type RunReport, slowestFiles } from './run-report.ts'

type Tests = Readonly<Record<string, boolean>>

/** Returns the report of a run. A file without tests could not be loaded. */
const runOf = (files: Readonly<Record<string, Tests | undefined>>, otherErrors = 0): RunReport => ({
  files: Object.entries(files).map(([file, tests], n) => ({
    file,
    seconds: n,
    isComplete: tests !== undefined,
    tests: Object.entries(tests ?? {}).map(([name, isPassed]) => ({ name, isPassed })),
  })),
  otherErrors,
})

test('a test that passes only when run again is flaky and counts as passed', () => {
  const verdict = judgeRuns(
    runOf({ a: { one: true, two: false }, b: { three: true } }),
    runOf({ a: { one: true, two: true } }),
  )
  expect(verdict).toEqual({ passed: 3, failed: [], flaky: ['a › two'], otherErrors: 0 })
})

test('a test that fails twice has failed', () => {
  const verdict = judgeRuns(runOf({ a: { one: false, two: false } }), runOf({ a: { one: false, two: true } }))
  expect(verdict).toEqual({ passed: 1, failed: ['a › one'], flaky: ['a › two'], otherErrors: 0 })
})

test('a test that passes and then fails beside nothing is flaky', () => {
  const verdict = judgeRuns(runOf({ a: { one: true, two: false } }), runOf({ a: { one: false, two: true } }))
  expect(verdict).toMatchObject({ passed: 2, failed: [], flaky: ['a › one', 'a › two'] })
})

test('a failed test that the second run does not reach has failed', () => {
  const first = runOf({ a: { one: false } })
  expect(judgeRuns(first).failed).toEqual(['a › one'])
  expect(judgeRuns(first, runOf({ a: {} })).failed).toEqual(['a › one'])
  expect(judgeRuns(first, runOf({ a: undefined })).failed).toEqual(['a › one'])
})

test('a file that cannot be loaded counts as one failed test, and as flaky when it loads the second time', () => {
  const first = runOf({ a: undefined, b: { one: true } })
  expect(failedFiles(first)).toEqual(['a'])
  expect(judgeRuns(first)).toMatchObject({ passed: 1, failed: ['a › the whole file'] })
  expect(judgeRuns(first, runOf({ a: { two: true } }))).toMatchObject({
    passed: 2,
    failed: [],
    flaky: ['a › the whole file'],
  })
})

test('tests of one name in one file are told apart by their order', () => {
  const twice = (...passed: boolean[]): RunReport => ({
    files: [{ file: 'a', seconds: 1, isComplete: true, tests: passed.map((isPassed) => ({ name: 'one', isPassed })) }],
    otherErrors: 0,
  })
  expect(judgeRuns(twice(true, false), twice(true, false))).toMatchObject({ passed: 1, failed: ['a › one (2)'] })
})

test('errors outside any test are not forgiven by a second run', () => {
  expect(judgeRuns(runOf({ a: { one: false } }, 1), runOf({ a: { one: true } })).otherErrors).toBe(1)
  expect(judgeRuns(runOf({ a: { one: false } }), runOf({ a: { one: true } }, 2)).otherErrors).toBe(2)
})

test('the slowest files come first', () => {
  expect(slowestFiles(runOf({ a: {}, b: {}, c: {} }), 2).map(({ file }) => file)).toEqual(['c', 'b'])
})
