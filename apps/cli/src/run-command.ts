import { setTimeout as delay } from 'node:timers/promises'
import { isUnencrypted } from '@fastchat/client'
import { systemClock } from '@fastchat/clock'
import { openHomeSession } from './chat/home-session.ts'
import { homeSessionSlot } from './chat/home-session-slot.ts'
import { CliError, exitCodes } from './cli-error.ts'
import type { Context } from './commands/context.ts'
import { readEnvironment } from './environment.ts'
import { Keyboard } from './terminal/keyboard.ts'
import type { Output } from './text/output.ts'
import { watchTroubles } from './text/watch-troubles.ts'
import { toCliError, withAdvice } from './to-cli-error.ts'

/**
 * The time that closing waits for messages on their way. A server that hangs is not waited for
 * longer.
 */
const closeMs = 8_000

/**
 * Runs a command to its end, tells its error, and closes the session. Returns the exit code.
 * @param asksPassword says that the person is asked if the environment has no password. The
 * launcher
 *   has turned the echo off then, so the keyboard is opened at once: Ctrl-C works from here on.
 */
export async function runCommand(
  out: Output,
  { interrupted, asksPassword = false }: { readonly interrupted: AbortSignal; readonly asksPassword?: boolean },
  work: (context: Context) => Promise<void>,
): Promise<number> {
  let close = async () => {}
  let keyboard: Keyboard | undefined
  let code = 0
  let url = ''
  try {
    const env = readEnvironment(process.env, process.cwd())
    url = env.url
    let troublesTo = out
    const slot = homeSessionSlot(async () => {
      const session = await openHomeSession(env, systemClock)
      watchTroubles(session, () => troublesTo)
      return session
    })
    close = slot.close
    if (isUnencrypted(env.url)) out.note(unencrypted(env.url))
    const openKeyboard = () => {
      keyboard ??= new Keyboard(process.stdin, process.stderr, () => process.kill(process.pid, 'SIGINT'))
      return keyboard
    }
    const context: Context = {
      env,
      out,
      clock: systemClock,
      random: Math.random,
      session: slot.session,
      closeSession: slot.close,
      // Its module measures the width of letters, which takes time to load. Few commands ask for a
      // password.
      password: async (use) => await (await import('./terminal/read-password.ts')).readPassword(env, use, openKeyboard),
      keyboard: openKeyboard,
      tellTroubles(to) {
        troublesTo = to
      },
      endTurn() {},
      signal: interrupted,
    }
    if (asksPassword && env.password === undefined && process.stdin.isTTY) openKeyboard()
    await Promise.race([work(context), whenAborted(interrupted)])
  } catch (error) {
    code = tell(out, withAdvice(toCliError(error), url))
  }
  keyboard?.close()
  await Promise.race([close(), delay(closeMs, undefined, { ref: false })])
  return interrupted.aborted ? exitCodes.interrupted : code
}

const unencrypted = (url: string): string =>
  `Warning: the connection to ${url} is not encrypted. Anybody on the way can take over your account: use https://`

function tell(out: Output, error: CliError): number {
  if (error.code !== 'interrupted') out.error(error)
  return error.exitCode
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new CliError('interrupted', 'Interrupted', exitCodes.interrupted))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
