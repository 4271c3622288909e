import { CommanderError } from 'commander'
import { exitCodes, toCliError, usageError } from './cli-error.ts'
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
    setTimeout(() => process.exit(exitCodes.interrupted), stopLimitMs).unref()
  })
}
process.on('disconnect', () => interrupting.abort()) // the launcher was killed
process.channel?.unref()
// Whoever read our output has seen enough.
stdout.on('error', () => process.exit(0))

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
process.exit(exitCode)

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
