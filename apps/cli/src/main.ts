import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '@fastchat/clock'
import { CommanderError } from 'commander'
import { CliError, exitCodes } from './cli-error.ts'
import { fileErrorWords } from './file-error.ts'
import { type Asked, createProgram } from './program.ts'
import { commands } from './registry/commands.ts'
import { Output } from './text/output.ts'
import { toldError } from './told-error.ts'
import { wordsContext } from './words-context.ts'

/** A signal ends this process within this time, even if it hangs. Stored data survives that. */
const stopLimitMs = 10_000
/** Most lookups of a name end within these polls, and then the exit code is told. */
const [heldUpPolls, heldUpPollMs] = [25, 20]

const { stdout, stderr, argv } = process
const interrupting = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupting.abort()
    setTimeout(() => void end(exitCodes.interrupted), stopLimitMs).unref()
  })
}
process.on('disconnect', () => interrupting.abort()) // someone has killed the launcher
process.channel?.unref()
stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of the output has closed it.
  if (error.code === 'EPIPE') process.exit(0)
  stderr.write(
    `${fileErrorWords(error, 'the output') ?? 'The output could not be written. Write it to another place'}\n`,
  )
  process.exit(exitCodes.failed)
})

const output = (json: boolean) => new Output({ json, stdout, stderr })
const words = argv.slice(2)
let exitCode = 0
try {
  if (words.length === 0) await chat()
  else await parser().parseAsync(argv)
} catch (error) {
  if (error instanceof CliError) fail(error)
  else if (!(error instanceof CommanderError)) throw error
  else {
    const shown = toldError(error, commands, words)
    if (shown) fail(shown)
  }
}
await output(false).flush()
await end(exitCode)

/**
 * Ends this process. At an exit Node waits for its threads, and a thread may wait for a file or a
 * name server for long. An interrupted process gives such a thread a moment. After that it ends
 * itself by a signal.
 */
async function end(code: number): Promise<void> {
  for (let polls = 0; polls < heldUpPolls && isHeldUp(); polls++) await delay(heldUpPollMs)
  if (isHeldUp()) process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}

function isHeldUp(): boolean {
  if (!interrupting.signal.aborted) return false
  return process.getActiveResourcesInfo().some((name) => /^(FSReq|FileHandle|GetAddrInfo|GetNameInfo)/.test(name))
}

function parser() {
  const program = createProgram(commands, run).exitOverride()
  program.configureOutput({ outputError: () => {} })
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
    command.copyInheritedSettings(program)
  return program
}

// Parts that only some command lines need are loaded by those: half of the time to start is
// loading.

async function chat(): Promise<void> {
  const [{ runCommand }, { interactive }] = await Promise.all([
    import('./run-command.ts'),
    import('./interactive/interactive.ts'),
  ])
  exitCode = await runCommand(output(false), { interrupted: interrupting.signal }, interactive)
}

async function run({ command, given, json, passwordFromStdin }: Asked): Promise<void> {
  if (command.where === 'words')
    return await command.run(wordsContext(output(false), interrupting.signal, systemClock), given)
  const [{ runCommand }, { fromStdin }] = await Promise.all([import('./run-command.ts'), import('./from-stdin.ts')])
  const asksPassword = command.needsPassword && !passwordFromStdin
  exitCode = await runCommand(output(json), { interrupted: interrupting.signal, asksPassword }, async (context) => {
    const { withText, withPassword } = fromStdin(process.stdin)
    const ready = passwordFromStdin ? await withPassword(context, command) : context
    await command.run(ready, await withText(command, given))
  })
}

function fail(error: CliError): void {
  output(argv.includes('--json')).error(error)
  exitCode = error.exitCode
}
