import type { HomeSession } from '../chat/home-session.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import type { ChatScreen } from './chat-screen.ts'
import type { Screen } from './screen.ts'
import { untilSent } from './until-sent.ts'

/** Unsent messages are told after this time, if the output is not a terminal. */
const unsaidMs = 2_000

/** Waits until the queued messages are sent. @throws {CliError} `unsent` */
export async function sendTheRest(
  { out, signal, clock }: Context,
  session: HomeSession,
  chatScreen: Pick<ChatScreen, 'waiting'>,
  screen: Screen,
): Promise<void> {
  const enough = new AbortController()
  screen.end(() => enough.abort())
  const startedAt = clock.monotonicMs()
  let isSaid = false
  const told = (count: number) => {
    if (screen.isTerminal) return screen.setNotice(`Sending ${counted(count)}. Ctrl-C leaves the rest queued`)
    if (isSaid || clock.monotonicMs() - startedAt < unsaidMs) return
    isSaid = true
    out.note(`Sending ${counted(count)}`)
  }
  const stop = AbortSignal.any([signal, enough.signal])
  const left = await untilSent(session, () => chatScreen.waiting, told, { signal: stop, clock })
  screen.setNotice('')
  if (left === 0) return
  throw new CliError(
    'unsent',
    `${counted(left)} not sent yet: queued on this device. Run any fastchat command that connects, and it sends them`,
  )
}

const counted = (count: number): string => (count === 1 ? '1 message' : `${count} messages`)
