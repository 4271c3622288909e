import { setTimeout as delay } from 'node:timers/promises'
import { isUnencrypted } from '@fastchat/client'
import { openSession, type Session } from './chat/session.ts'
import { CliError, exitCodes, noServiceAdvice, toCliError } from './cli-error.ts'
import type { Context } from './commands/context.ts'
import { readEnvironment } from './environment.ts'
import type { Output } from './text/output.ts'
import { watchTroubles } from './text/watch-troubles.ts'

/** Closing waits for what is on its way, but not for a server that hangs. */
const closeMs = 8_000

/** Runs a command to its end, its errors told and what it opened closed. @returns the exit code. */
export async function runCommand(
  out: Output,
  interrupted: AbortSignal,
  work: (context: Context) => Promise<void>,
): Promise<number> {
  let opening: Promise<Session> | undefined
  let code = 0
  let url = ''
  try {
    const env = readEnvironment(process.env, process.cwd())
    url = env.url
    let troublesTo = out
    const open = async () => {
      const session = await openSession(env)
      watchTroubles(session, () => troublesTo)
      return session
    }
    if (isUnencrypted(env.url)) out.note(unencrypted(env.url))
    const session = () => {
      opening ??= open()
      return opening
    }
    const tellTroubles = (to: Output) => {
      troublesTo = to
    }
    await Promise.race([work({ env, out, session, tellTroubles, signal: interrupted }), whenAborted(interrupted)])
  } catch (error) {
    code = tell(out, toCliError(error), url)
  }
  const closing = opening?.then((session) => session.close()).catch(() => {})
  await Promise.race([closing, delay(closeMs, undefined, { ref: false })])
  return interrupted.aborted ? exitCodes.interrupted : code
}

const unencrypted = (url: string): string =>
  `Warning: the connection to ${url} is not encrypted. Anybody on the way can take over your account: use https://`

function tell(out: Output, error: CliError, url: string): number {
  const { code, exitCode, cause } = error
  const message = noServiceAdvice(error.message, url)
  if (code !== 'interrupted') out.error(new CliError(code, message, exitCode, { cause }))
  return error.exitCode
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new CliError('interrupted', 'Interrupted', exitCodes.interrupted))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
