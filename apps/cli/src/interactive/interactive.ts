import type { Session } from '../chat/session.ts'
import { type CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { followChats } from '../commands/follow-chats.ts'
import { formatChat } from '../text/format.ts'
import { Output } from '../text/output.ts'
import { watchLink } from '../text/watch-link.ts'
import { toCliError } from '../to-cli-error.ts'
import { Room } from './room.ts'
import { Screen } from './screen.ts'
import { signInFirst } from './sign-in-first.ts'
import { slashCommands } from './slash-commands.ts'
import { splitWords } from './split-words.ts'

/** How long the first picture waits for the server before it shows what is known. */
const firstSightMs = 3_000
const listedPeople = 12

/** Chats until the person ends it: lines typed go out, lines that come stand above them. */
export async function interactive(outer: Context): Promise<void> {
  await signInFirst(outer)
  const session = await outer.session()
  let names: string[] = []
  const screen = new Screen(process.stdin, process.stdout, (line) => complete(line, names))
  const out = new Output({
    json: false,
    stdout: screen.above,
    stderr: screen.above,
    color: outer.out.colors.isColorSupported,
  })
  outer.tellTroubles(out)
  const ending = new AbortController()
  const context: Context = { ...outer, out, signal: AbortSignal.any([outer.signal, ending.signal]) }
  const room = new Room(context, session)
  context.signal.addEventListener('abort', () => screen.close())
  const stopWatching = watchLink(session, {
    show: (text) => (screen.isTerminal ? screen.setNotice(text) : out.note(text)),
    clear: () => screen.setNotice(''),
  })
  try {
    names = await firstSight(context, session)
    void follow(context, session, room, (error) => {
      out.note(error.message)
      ending.abort()
    })
    for await (const line of screen.lines()) {
      if (line.trim() === '/quit') break
      await obey(context, room, line).catch((error: unknown) => out.note(toCliError(error).message))
      screen.setPrompt(room.prompt)
    }
  } finally {
    stopWatching()
    ending.abort()
    screen.close()
  }
}

/** People, groups and what is unread, at once. @returns names that can be completed. */
async function firstSight({ out }: Context, { chat }: Session): Promise<string[]> {
  const isServed = await chat.sync({ patienceMs: firstSightMs }).catch(() => false)
  const { username } = await chat.whoami()
  const chats = await chat.chats()
  const people = isServed ? await chat.users({ query: '' }).catch(() => []) : []
  const others = people.map((person) => person.username).filter((name) => name !== username)
  out.text(`${out.colors.bold(username)}: ${chats.length === 0 ? 'no chats yet' : 'your chats'}`)
  for (const info of chats) out.text(`  ${formatChat(info, out.colors)}`)
  if (others.length > 0) {
    const more = others.length > listedPeople ? ` and ${others.length - listedPeople} more (/users)` : ''
    out.text(`People: ${others.slice(0, listedPeople).join(', ')}${more}`)
  }
  out.text(out.colors.dim('/open NAME to talk, /help for the rest'))
  return [
    // A name that its account has not signed is no name to write to.
    ...others.filter((name) => !name.includes(' ')).map((name) => `@${name}`),
    ...chats.map(({ kind, name }) => `${kind === 'group' ? '#' : '@'}${name}`),
  ]
}

async function follow(context: Context, session: Session, room: Room, ended: (error: CliError) => void): Promise<void> {
  const { signal } = context
  try {
    await followChats(
      session,
      {
        isWanted: () => true,
        own: false,
        signal,
        fromNow: true,
        isRead: ({ conversation }) => conversation === room.conversation,
      },
      (line) => {
        room.show(line)
        return true
      },
    )
  } catch (error) {
    if (!signal.aborted) ended(toCliError(error))
  }
}

async function obey(context: Context, room: Room, line: string): Promise<void> {
  const typed = line.trim()
  if (typed === '') return
  if (!typed.startsWith('/') || typed.startsWith('//')) {
    const text = typed.startsWith('//') ? typed.slice(1) : typed
    return await room.send(async () => ({ v: 1, kind: 'text', text }))
  }
  const [name = '', ...words] = splitWords(typed.slice(1))
  const command = Object.hasOwn(slashCommands, name) ? slashCommands[name] : undefined
  if (!command) throw usageError(`There is no /${name}: /help shows what there is`)
  if (words.length < (command.needs ?? 0)) throw usageError(command.usage)
  await command.run(context, room, words)
}

/** Commands at the beginning of a line, names after one. */
function complete(line: string, names: readonly string[]): [string[], string] {
  const word = line.split(' ').at(-1) ?? ''
  const known =
    line.startsWith('/') && !line.includes(' ')
      ? [...Object.keys(slashCommands), 'quit'].map((name) => `/${name}`)
      : names
  const fits = known.filter((name) => name.startsWith(word) || name.slice(1).startsWith(word))
  return [word === '' ? [] : fits, word]
}
