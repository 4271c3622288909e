import { execFile } from 'node:child_process'
import { join } from 'node:path'

type Step = { readonly name: string; readonly command: string; readonly args: readonly string[] }

const root = join(import.meta.dirname, '..', '..', '..')
const maxOutputBytes = 64 * 1024 * 1024

/** The steps of the check. They run at the same time, and none changes a file. */
const steps: readonly Step[] = [
  { name: 'format, lint, import rules (biome)', command: 'biome', args: ['ci', '--colors=off', '.'] },
  { name: 'types (tsc)', command: 'tsc', args: ['--noEmit', '-p', '.'] },
  {
    name: 'unused code and dependencies (knip)',
    command: 'knip',
    args: ['--no-progress', '--treat-config-hints-as-errors'],
  },
  { name: 'package boundaries (turbo)', command: 'turbo', args: ['boundaries'] },
  {
    name: 'plain comments',
    command: process.execPath,
    args: [join('tools', 'src', 'check', 'comments', 'main.ts')],
  },
  {
    name: 'clocks and chance as arguments',
    command: process.execPath,
    args: [join('tools', 'src', 'check', 'globals', 'main.ts')],
  },
  {
    name: 'one module for base64url',
    command: process.execPath,
    args: [join('tools', 'src', 'check', 'bytes', 'main.ts')],
  },
  {
    name: 'generated docs are up to date',
    command: process.execPath,
    args: [join('tools', 'src', 'docs.ts'), '--check'],
  },
]

const results = await Promise.all(steps.map(runStep))
const failures = results.filter(({ output }) => output !== undefined)
for (const { name, output } of failures) console.log(`\n── ${name} ──\n${output}`)
if (failures.length > 0) process.exitCode = 1

/** Runs a step. `output` is set only when the step failed. */
async function runStep({ name, command, args }: Step): Promise<{ name: string; output?: string }> {
  const startedAt = performance.now()
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NO_COLOR: '1' }
  const output = await new Promise<string | undefined>((resolve) => {
    execFile(command, args, { cwd: root, env, maxBuffer: maxOutputBytes }, (error, stdout, stderr) => {
      resolve(error === null ? undefined : `${stdout}${stderr}`.trim() || error.message)
    })
  })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${output === undefined ? 'ok  ' : 'FAIL'} ${name.padEnd(40)} ${seconds} s`)
  return { name, ...(output !== undefined && { output }) }
}
