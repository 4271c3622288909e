import type { ConversationId } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { followChats } from '../commands/follow-chats.ts'
import { tellRequest } from '../commands/people.ts'
import { sourceOf } from '../terminal/read-password.ts'
import { Output } from '../text/output.ts'
import { watchLink } from '../text/watch-link.ts'
import { toCliError } from '../to-cli-error.ts'
import { ChatScreen } from './chat-screen.ts'
import { complete } from './complete.ts'
import { firstSight } from './first-sight.ts'
import { obey } from './obey.ts'
import { pipedScreen } from './piped-screen.ts'
import { printTo } from './print-to.ts'
import type { Screen } from './screen.ts'
import { signInFirst } from './sign-in-first.ts'
import { SignalRow } from './signal-row.ts'
import { slashCommands } from './slash-commands.ts'
import { TerminalScreen } from './terminal-screen.ts'
import { untilSent } from './until-sent.ts'

/** Unsent messages are told after this time, if the output is no terminal. */
const unsaidMs = 2_000

const commandNames = [...Object.keys(slashCommands), 'quit']

/**
 * Runs the interactive mode until the person or the input ends it. Typed lines are sent, and new
 * lines appear above the one that is being typed.
 * @throws {CliError} `unsent` when messages stay queued, `failed` when a line of piped input
 * failed.
 */
export async function interactive(outer: Context): Promise<void> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  // From here on the terminal does not echo, and keys are kept.
  const keyboard = isTerminal ? outer.keyboard() : undefined
  await signInFirst(outer)
  // If the output is no terminal, the input's terminal edits and echoes lines by itself.
  if (!isTerminal && process.stdin.isTTY) outer.keyboard().close()
  const session = await outer.session()
  const screen: Screen = keyboard
    ? new TerminalScreen(keyboard, process.stdout, (line) => complete(line, commandNames, session.chat))
    : pipedScreen(process.stdin, process.stdout)
  const above = outputAbove(screen, outer.out)
  // A trouble is a line among the others. The errors of a script's lines go to stderr.
  outer.tellTroubles(above)
  const out = isTerminal ? above : outer.out
  const ending = new AbortController()
  const context: Context = {
    ...outer,
    out,
    signal: AbortSignal.any([outer.signal, ending.signal]),
    async password(use) {
      if (!isTerminal && sourceOf(outer.env, use) === undefined)
        throw usageError('Nobody can be asked for a password here: run this command outside of the chat')
      return await screen.aside(() => outer.password(use))
    },
  }
  context.signal.addEventListener('abort', () => screen.close())
  const notice = {
    show: (text: string) => (isTerminal ? screen.setNotice(text) : out.note(text)),
    clear: () => screen.setNotice(''),
  }
  const stopWatching = watchLink(session, notice, context.clock)
  try {
    await chat(context, session, screen)
  } finally {
    stopWatching()
    ending.abort()
    screen.close()
  }
}

async function chat(context: Context, session: HomeSession, screen: Screen): Promise<void> {
  const { signal } = context
  const chatScreen = new ChatScreen(context, session, screen)
  let over: CliError | undefined
  let failed = 0
  const from = await firstSight(context, session)
  const row = screen.isTerminal ? await openRow(context, session, chatScreen, screen) : undefined
  void follow(context, session, { chatScreen, from }, (error) => {
    over = error
    screen.close()
  })
  for await (const line of screen.lines()) {
    if (line.trim() === '/quit') break
    if (!(await obey(context, { chatScreen, screen }, line))) failed++
    screen.setPrompt(chatScreen.prompt)
    row?.open(chatScreen.conversation)
  }
  row?.close()
  if (signal.aborted) return
  await sendTheRest(context, session, chatScreen, screen)
  if (over) throw over
  failed += chatScreen.failed
  if (!screen.isTerminal && failed > 0) {
    throw new CliError('failed', `${failed === 1 ? 'One line' : `${failed} lines`} could not be done: see above`)
  }
}

/** Opens the row of receipts, typing and presence. */
async function openRow(
  { clock }: Context,
  session: HomeSession,
  chatScreen: ChatScreen,
  screen: Screen,
): Promise<SignalRow> {
  const { username } = await session.chat.whoami()
  const row = new SignalRow(session, screen, clock, username)
  chatScreen.onShown = (line) => row.shown(line)
  screen.onTyped((line) => row.typed(line))
  return row
}

/** Waits until the queued messages are sent. @throws {CliError} `unsent` */
async function sendTheRest(
  { out, signal, clock }: Context,
  session: HomeSession,
  chatScreen: ChatScreen,
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

const outputAbove = (screen: Screen, { colors }: Output): Output => {
  const above = printTo(screen)
  return new Output({ json: false, stdout: above, stderr: above, color: colors.isColorSupported })
}

async function follow(
  { signal, out }: Context,
  session: HomeSession,
  { chatScreen, from }: { chatScreen: ChatScreen; from: ReadonlyMap<ConversationId, number> },
  ended: (error: CliError) => void,
): Promise<void> {
  try {
    // Messages of this device are shown, too: another terminal on this home may have sent them.
    const told = new Set<ConversationId>()
    /** A request is told once, and its lines are shown when it is open. */
    const isWanted = ({ conversation, status, isRequest }: ChatInfo): boolean => {
      if (!isRequest || conversation === chatScreen.conversation) return true
      if (status !== 'active') return false
      if (!told.has(conversation)) void tellRequest(out, session.chat, conversation).catch(() => {})
      told.add(conversation)
      return false
    }
    const following = { isWanted, own: true, signal, from }
    await followChats(
      session,
      { ...following, isRead: ({ conversation }) => conversation === chatScreen.conversation },
      (line) => {
        chatScreen.show(line)
        return true
      },
    )
  } catch (error) {
    if (!signal.aborted) ended(toCliError(error))
  }
}
