import { CommanderError } from 'commander'
import { exitCodes, toCliError, usageError } from './cli-error.ts'
import { fileErrorWords } from './file-error.ts'
import { createProgram } from './program.ts'
import { runCommand } from './run-command.ts'
import { Output } from './text/output.ts'
import { safeName } from './text/safe-text.ts'

/** However stuck we are, a signal ends us within this time. What is stored survives that. */
const stopLimitMs = 10_000

const { stdout, stderr, argv } = process
const interrupting = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupting.abort()
    setTimeout(() => end(exitCodes.interrupted), stopLimitMs).unref()
  })
}
process.on('disconnect', () => interrupting.abort()) // the launcher was killed
process.channel?.unref()
stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of our output has seen enough.
  if (error.code === 'EPIPE') process.exit(0)
  stderr.write(`${fileErrorWords(error, 'the output') ?? 'The output could not be written'}\n`)
  process.exit(exitCodes.failed)
})

const output = (json: boolean) => new Output({ json, stdout, stderr })
let exitCode = 0
const program = createProgram(async ({ json = false }, work) => {
  exitCode = await runCommand(output(json), interrupting.signal, work)
})
program.exitOverride()
program.configureOutput({ outputError: () => {} })
for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
  command.copyInheritedSettings(program)
}
try {
  await program.parseAsync(argv)
} catch (error) {
  exitCode = tell(error)
}
await output(false).flush()
end(exitCode)

/**
 * Ends this process. Node joins its threads at an exit, which a thread that waits for a file or a name server holds up: an interrupted
 * process with such a thread ends by a signal.
 */
function end(code: number): void {
  const isHeldUp = process
    .getActiveResourcesInfo()
    .some((name) => /^(FSReq|FileHandle|GetAddrInfo|GetNameInfo)/.test(name))
  if (interrupting.signal.aborted && isHeldUp) process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}

/** Commander throws for help that was asked for, too. */
function tell(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const shown = error instanceof CommanderError ? usageError(words(error)) : toCliError(error)
  output(argv.includes('--json')).error(shown)
  return shown.exitCode
}

function words({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'Which one? See: fastchat group --help'
  // What follows a command is not repeated: it may be a password that belongs elsewhere.
  const command = /too many arguments for '(.*?)'/.exec(message)?.[1]
  if (command !== undefined) return `Too many words after ${command}. See: fastchat --help`
  const unknown = /too many arguments.*?: (.*?)(, .*|\.*)$/s.exec(message)?.[1]
  if (unknown !== undefined) return `Not understood: ${safeName(unknown)}. See: fastchat --help`
  const said = message.replace(/^error: /, '').replace(/\.*(\n.*)?$/s, '')
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}. See: fastchat --help`
}
