import type { Clock } from '@fastchat/clock'
import type { Context } from './commands/context.ts'
import type { Output } from './text/output.ts'

/** Returns the context of a command that only prints words. It has no device, and loads none. */
export function wordsContext(out: Output, signal: AbortSignal, clock: Clock): Context {
  const none = () => Promise.reject(new Error('this command has no device'))
  const env = { url: '', home: '', password: undefined, cwd: '' }
  const nothing = () => {}
  const keyboard = () => {
    throw new Error('this command asks nothing')
  }
  return {
    env,
    out,
    clock,
    signal,
    session: none,
    password: none,
    keyboard,
    closeSession: none,
    tellTroubles: nothing,
    random: () => 0,
    endTurn: nothing,
  }
}
