import { writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'
import type { FileReport, RunReport } from './run-report.ts'

/**
 * A reporter for vitest that writes a `RunReport` to the file REPORT_FILE, after the global setups
 * have ended. vitest itself shows an error of theirs by nothing but its exit code, which is 1
 * already when a test failed.
 */
export default class RunReporter implements Reporter {
  #files: readonly FileReport[] = []
  #otherErrors = 0

  onInit(vitest: Vitest): void {
    const close = vitest.close.bind(vitest)
    let closing: Promise<void> | undefined
    vitest.close = () => {
      closing ??= this.#closeAndWrite(close)
      return closing
    }
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.#files = modules.map(reportOf)
    this.#otherErrors = errors.length
  }

  async #closeAndWrite(close: () => Promise<void>): Promise<void> {
    const code = process.exitCode
    process.exitCode = 0
    await close()
    const hasFailed = Number(process.exitCode) !== 0
    if (!hasFailed) process.exitCode = code
    const report: RunReport = { files: this.#files, otherErrors: this.#otherErrors + (hasFailed ? 1 : 0) }
    writeFileSync(process.env.REPORT_FILE ?? 'report.json', JSON.stringify(report))
  }
}

function reportOf(module: TestModule): FileReport {
  const { duration, collectDuration, prepareDuration, setupDuration } = module.diagnostic()
  const ran = [...module.children.allTests()].filter((test) => stateOf(test) !== 'skipped')
  const hasEnded = ![module, ...ran].some((part) => ['pending', 'queued'].includes(stateOf(part)))
  // Errors while loading and of hooks. Those of tests are not among them.
  const errors = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors())
  return {
    file: module.relativeModuleId,
    seconds: (duration + collectDuration + prepareDuration + setupDuration) / 1000,
    isComplete: hasEnded && errors.length === 0,
    tests: ran.map((test) => ({ name: test.fullName, isPassed: stateOf(test) === 'passed' })),
  }
}

const stateOf = (part: TestModule | TestCase) => (part.type === 'module' ? part.state() : part.result().state)
