import { setTimeout as delay } from 'node:timers/promises'
import type { Chat } from '../chat/chat.ts'

/**
 * The time that the server's names are waited for. The chats of this device are known without it.
 */
const namesMs = 1_000
/** The choices that are shown at once. */
const maxChoices = 40

export type Completion = {
  /** The line, with its last word completed as far as all choices agree. */
  readonly line: string
  /** The possible words, if there is more than one. */
  readonly choices: readonly string[]
}

/** The kind of words that a command takes after its name. */
type Takes = 'targets' | 'people' | readonly string[]
const takes: Readonly<Record<string, Takes>> = {
  open: 'targets',
  users: 'people',
  add: 'people',
  remove: 'people',
  promote: 'people',
  demote: 'people',
  group: 'people',
  verify: 'people',
  block: 'people',
  unblock: 'people',
  profile: 'people',
  accept: 'targets',
  forget: 'targets',
  members: ['check'],
  privacy: ['receipts', 'typing', 'presence', 'on', 'off'],
}

/**
 * Completes the last word of a line: a command at its beginning, and otherwise a name. The names
 * are read anew each time. A complete word gets a space after it, and a name with spaces gets
 * quotes.
 */
export async function complete(
  line: string,
  commands: readonly string[],
  chat: Pick<Chat, 'chats' | 'users' | 'whoami'>,
): Promise<Completion> {
  const { before, word } = lastWord(line)
  if (before === '' && word.startsWith('/') && !word.startsWith('//')) {
    const known = commands.map((name) => `/${name}`)
    return completed('', word, known)
  }
  const command = /^\/([a-z]+) /.exec(before)?.[1]
  const kind = command === undefined ? marked(word) : takes[command]
  if (kind === undefined) return { line, choices: [] }
  if (command === 'group' && before === '/group ') return completed(before, word, ['new'])
  if (typeof kind !== 'string') return completed(before, word, kind)
  return completed(before, word, await namesFor(chat, kind, word))
}

/** Returns the kind of a word in a message. Only a word with a mark is a name. */
const marked = (word: string): Takes | undefined => (/^[@#]/.test(word) ? 'targets' : undefined)

/** Returns the last word. After /open, it is the rest of the line: a name there needs no quotes. */
function lastWord(line: string): { before: string; word: string } {
  const open = /^(\/open )"?(.*)$/s.exec(line)
  if (open) return { before: open[1] ?? '', word: open[2] ?? '' }
  const start = line.lastIndexOf(' ') + 1
  return { before: line.slice(0, start), word: line.slice(start) }
}

async function namesFor(
  chat: Pick<Chat, 'chats' | 'users' | 'whoami'>,
  kind: 'targets' | 'people',
  word: string,
): Promise<string[]> {
  const query = word.replace(/^@/, '').toLowerCase()
  const people = word.startsWith('#') ? [] : await peopleNamed(chat, query)
  const chats = await chat.chats()
  const peers = chats.filter((one) => one.kind === 'direct').map(({ name }) => name)
  const groups = kind === 'people' ? [] : chats.filter((one) => one.kind === 'group').map(({ name }) => `#${name}`)
  // A name with a space is not signed by its account. Messages cannot be sent to it.
  const users = [...people, ...peers].filter((name) => !name.includes(' ')).map((name) => `@${name}`)
  return [...new Set([...users, ...groups])].toSorted()
}

async function peopleNamed(chat: Pick<Chat, 'users' | 'whoami'>, query: string): Promise<string[]> {
  const asked = Promise.all([chat.users({ query }), chat.whoami()])
  const late = new AbortController()
  const answer = await Promise.race([
    asked.catch(() => undefined),
    delay(namesMs, undefined, { signal: late.signal }).catch(() => undefined),
  ])
  late.abort()
  if (!answer) return []
  const [people, me] = answer
  return people.map(({ username }) => username).filter((name) => name !== me.username)
}

function completed(before: string, word: string, known: readonly string[]): Completion {
  const letters = word.toLowerCase()
  const fits = known.filter((name) =>
    [name, name.replace(/^[@#]/, '')].some((one) => one.toLowerCase().startsWith(letters)),
  )
  const [first = '', ...others] = fits
  const unchanged = `${before}${word}`
  if (fits.length === 0) return { line: unchanged, choices: [] }
  if (others.length === 0) return { line: `${before}${quoted(first)} `, choices: [] }
  const shared = others.reduce(commonStart, first)
  const choices = fits.slice(0, maxChoices)
  return { line: shared.length > word.length ? `${before}${shared}` : unchanged, choices }
}

const quoted = (name: string): string => (/[\s"'\\]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name)

function commonStart(one: string, other: string): string {
  let length = 0
  while (length < one.length && one[length]?.toLowerCase() === other[length]?.toLowerCase()) length++
  return one.slice(0, length)
}
