import { CommanderError } from 'commander'
import { toAdminError, usageError } from './admin-error.ts'
import { openContext } from './context.ts'
import { Output } from './output.ts'
import { createProgram } from './program.ts'

const { argv, env, stdout, stderr } = process
// The reader of our output has closed it, so there is nothing left to do.
stdout.on('error', () => process.exit(0))

const output = (json: boolean) => new Output({ json, stdout, stderr })

try {
  const program = createProgram(async ({ json = false }, work) => {
    const context = openContext(env, output(json))
    try {
      await work(context)
    } finally {
      await context.close()
    }
  }, env)
  program.exitOverride()
  program.configureOutput({ outputError: () => {} })
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
    command.copyInheritedSettings(program)
  await program.parseAsync(argv)
} catch (error) {
  process.exitCode = tell(error)
}

/**
 * Prints an error and returns the exit code. Commander also throws for help that was asked for.
 */
function tell(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0
  const shown = error instanceof CommanderError ? usageError(words(error)) : toAdminError(error)
  output(argv.includes('--json')).error(shown)
  return shown.exitCode
}

function words({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'Which one? See: fastchat-admin --help'
  return `${message.replace(/^error: /, '')} See: fastchat-admin --help`
}
