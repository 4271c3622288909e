import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cpuMinutes } from './cpu-minutes.ts'

const burnMicroseconds = 200_000
const burn = `for (let cpu; !cpu || cpu.user + cpu.system < ${burnMicroseconds}; cpu = process.cpuUsage());`

test.runIf(existsSync('/proc/self/stat'))('the CPU time of an ended child of a child counts', () => {
  const before = cpuMinutes() ?? 0
  const child = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}])`
  execFileSync(process.execPath, ['-e', child])
  expect((cpuMinutes() ?? 0) - before).toBeGreaterThanOrEqual((burnMicroseconds * 0.9) / 60e6)
})
