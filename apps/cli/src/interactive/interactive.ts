import type { HomeSession } from '../chat/home-session.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { detectPictures } from '../pictures/detect-pictures.ts'
import type { PictureMode, PictureTerminal } from '../pictures/picture-mode.ts'
import type { Command } from '../registry/command.ts'
import type { Keyboard } from '../terminal/keyboard.ts'
import { sourceOf } from '../terminal/read-password.ts'
import { Output } from '../text/output.ts'
import { watchLink } from '../text/watch-link.ts'
import { ChatScreen } from './chat-screen.ts'
import { complete } from './complete.ts'
import { Drafts } from './drafts.ts'
import { EditLast } from './edit-last.ts'
import { firstSight } from './first-sight.ts'
import { followNews } from './follow-news.ts'
import { InlinePictures } from './inline-pictures.ts'
import { Notifier } from './notifier.ts'
import { obey } from './obey.ts'
import { pipedScreen } from './piped-screen.ts'
import { printTo } from './print-to.ts'
import { slashable } from './run-registered.ts'
import type { Screen } from './screen.ts'
import { sendTheRest } from './send-the-rest.ts'
import { signInFirst } from './sign-in-first.ts'
import { SignalRow } from './signal-row.ts'
import { slashCommands } from './slash-commands.ts'
import { type Slashes, slashNames } from './slash-help.ts'
import { TerminalScreen } from './terminal-screen.ts'
import { unreadCount } from './unread.ts'

export type InteractiveOptions = {
  /** The chat that is opened first. */
  readonly to?: string
  readonly quiet?: boolean
  readonly pictures: PictureMode | 'auto'
  readonly notifyCmd?: string
  readonly notifyText?: boolean
}

const noPictures: PictureTerminal = {
  ...{ mode: 'off', cellWidth: 1, cellHeight: 1, isInTmux: false, blockColors: 'palette' },
}

/**
 * Runs the interactive mode until the person or the input ends it. Typed lines are sent, and new
 * lines appear above the one that is being typed.
 * @throws {CliError} `unsent` when messages stay queued, `failed` when a line of piped input
 * failed.
 */
export async function interactive(
  outer: Context,
  options: InteractiveOptions,
  commands: readonly Command[],
): Promise<void> {
  const slashes = { own: slashCommands, registered: slashable(commands) }
  const names = slashNames(slashes)
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  // From here on the terminal does not echo, and keys are kept.
  const keyboard = isTerminal ? outer.keyboard() : undefined
  await signInFirst(outer)
  // If the output is not a terminal, the input's terminal edits and echoes lines by itself.
  if (!isTerminal && process.stdin.isTTY) outer.keyboard().close()
  const session = await outer.session()
  let numbers: ChatScreen['numbers'] | undefined
  const screen: Screen = keyboard
    ? new TerminalScreen(keyboard, process.stdout, (line) => complete(line, names, session.chat, numbers))
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
        throw usageError('The chat cannot ask for a password. Run this command outside of the chat')
      return await screen.aside(() => outer.password(use))
    },
  }
  context.signal.addEventListener('abort', () => screen.close())
  const notice = {
    show: (text: string) => (isTerminal ? screen.setNotice(text) : out.note(text)),
    clear: () => screen.setNotice(''),
  }
  const stopWatching = watchLink(session, notice, context.clock)
  const terminal = keyboard ? detectPictures(keyboard, process.env, options.pictures) : Promise.resolve(noPictures)
  const pictures = new InlinePictures({ session, screen, terminal, clock: context.clock })
  const chatScreen = new ChatScreen(context, session, screen, pictures)
  numbers = chatScreen.numbers
  try {
    await chat({ context, session, screen, chatScreen, keyboard, options, slashes })
  } finally {
    stopWatching()
    chatScreen.close()
    ending.abort()
    screen.close()
  }
}

type Parts = {
  readonly context: Context
  readonly session: HomeSession
  readonly screen: Screen
  readonly chatScreen: ChatScreen
  readonly keyboard: Keyboard | undefined
  readonly options: InteractiveOptions
  readonly slashes: Slashes
}

async function chat({ context, session, screen, chatScreen, keyboard, options, slashes }: Parts): Promise<void> {
  const { signal, clock, out } = context
  let over: CliError | undefined
  let failed = 0
  let unread = 0
  let isFocused = true
  const { username: me } = await session.chat.whoami()
  const edit = new EditLast({ screen, me, numbers: chatScreen.numbers, open: () => chatScreen.conversation })
  const drafts = new Drafts({ session, screen, isOther: () => edit.isOn })
  const tellPrompt = () => screen.setPrompt(edit.prompt ?? `${unread > 0 ? `(${unread}) ` : ''}${chatScreen.prompt}`)
  chatScreen.watch({ shown: (line) => edit.shown(line), opened: (info) => drafts.opened(info) })
  screen.setKeys({
    up: () => edit.begin(),
    escape: () => edit.cancel() && tellPrompt(),
    switch: () => void drafts.keep().then(() => screen.setTyped('/open ')),
    enter(line) {
      const entered = edit.enter(line)
      tellPrompt()
      return entered
    },
  })
  const from = await firstSight(context, session)
  const row = screen.isTerminal && options.quiet !== true ? new SignalRow(session, screen, clock, me) : undefined
  chatScreen.watch({ shown: (line) => row?.shown(line), opened: (info) => row?.open(info?.conversation) })
  screen.onTyped((line) => {
    drafts.typed(line)
    if (!edit.isOn) row?.typed(line)
  })
  keyboard?.onFocus((now) => {
    isFocused = now
    if (now) void chatScreen.seen().catch(() => {})
  })
  const notifier =
    options.notifyCmd === undefined
      ? undefined
      : new Notifier({
          ...{ command: options.notifyCmd, withText: options.notifyText === true, clock, env: process.env },
          tell: (words) => out.note(words),
        })
  const news = { chatScreen, from, me, isFocused: () => isFocused, notifier, isQuiet: options.quiet === true }
  const following = followNews(context, session, screen, {
    ...news,
    looked(chats) {
      unread = unreadCount(chats.filter(({ conversation }) => conversation !== chatScreen.conversation))
      tellPrompt()
    },
  })
  void following.then((error) => {
    over = error
    if (error) screen.close()
  })
  const parts = { chatScreen, screen, drafts, slashes }
  if (options.to !== undefined && !(await obey(context, parts, `/open ${options.to}`))) failed++
  tellPrompt()
  for await (const line of screen.lines()) {
    if (line.trim() === '/quit') break
    if (!(await obey(context, parts, line))) failed++
    tellPrompt()
  }
  row?.close()
  notifier?.close()
  await drafts.keep()
  if (signal.aborted) return
  await sendTheRest(context, session, chatScreen, screen)
  if (over) throw over
  failed += chatScreen.failed
  if (!screen.isTerminal && failed > 0) {
    throw new CliError('failed', `${failed === 1 ? 'One line' : `${failed} lines`} could not be done: see above`)
  }
}

const outputAbove = (screen: Screen, { colors }: Output): Output => {
  const above = printTo(screen)
  return new Output({ json: false, stdout: above, stderr: above, color: colors.isColorSupported })
}
