import type { TranscriptLine } from '../chat/transcript-line.ts'
import type { Colors } from './output.ts'
import { safeName, safeText } from './safe-text.ts'

/** Returns the number under which a message was shown; undefined if it was not. */
export type NumberOf = (id: TranscriptLine['id']) => number | undefined

/**
 * Returns the line above an answer: the beginning of the answered message. It begins where no text
 * of a message begins.
 */
export function quoteLine({ replyTo }: TranscriptLine, colors: Colors): string {
  if (!replyTo) return ''
  if (replyTo.kind === 'missing') return `${colors.dim('┌ a message that is not on this device')}\n`
  const words =
    replyTo.text === undefined ? `[${replyTo.kind === 'file' ? 'file' : 'message'}]` : safeName(replyTo.text)
  return `${colors.dim(`┌ ${safeName(replyTo.from ?? 'somebody')}: ${words}`)}\n`
}

/**
 * Returns the marks of a message between its author and its text, where no text can imitate them.
 */
export function tagsOf(line: TranscriptLine): string {
  const { forwarded, edited, pinned, mentionsMe, reactions = [], expiresAt } = line
  const tags = [
    ...(forwarded ? ['forwarded'] : []),
    ...(edited === undefined ? [] : ['edited']),
    ...(pinned ? ['pinned'] : []),
    ...(mentionsMe ? ['mentions you'] : []),
    ...(expiresAt === undefined ? [] : ['disappears']),
    ...reactions.map(({ emoji, from }) => `${safeName(emoji)} ${from.length}`),
  ]
  return tags.length > 0 ? ` (${tags.join(', ')})` : ''
}

/** Marks the names of mentioned members in a text. */
export function withMentions(text: string, { mentions = [] }: TranscriptLine, colors: Colors): string {
  if (mentions.length === 0) return text
  const known = new Set(mentions.map((name) => name.toLowerCase()))
  return text.replace(/@[a-z0-9][a-z0-9._-]*/giu, (found) => {
    const name = found.slice(1).toLowerCase()
    return known.has(name) || known.has(name.replace(/[._-]+$/, '')) ? colors.bold(found) : found
  })
}

/** Returns a change of a message in words. */
export function changeWords(line: TranscriptLine, numberOf: NumberOf | undefined): string {
  const { from, kind, emoji, removed, text, target } = line
  const who = safeName(from ?? 'somebody')
  const number = numberOf?.(target)
  const which = number === undefined ? 'a message' : `message ${number}`
  const words = text === undefined ? '' : `: ${safeName(text)}`
  if (kind === 'edit') return `${who} edited ${which}${words}`
  if (kind === 'delete') return `${who} deleted ${which}`
  const what = safeName(emoji ?? '')
  return removed ? `${who} took back ${what} from ${which}${words}` : `${who} reacted ${what} to ${which}${words}`
}

/** Returns the words in place of a message that was deleted for everyone. */
export function deletedWords({ from, deletedBy }: TranscriptLine): string {
  const author = safeName(from ?? 'somebody')
  return deletedBy === undefined || deletedBy === from
    ? `${author}: message deleted`
    : `${author}: message deleted by ${safeName(deletedBy)}`
}

/** Returns the earlier wordings of a message, one in a line. */
export const versionLines = ({ versions = [] }: TranscriptLine, colors: Colors): string =>
  versions
    .slice(0, -1)
    .map(({ text }) => `\n${colors.dim(`      before: ${safeText(text).replaceAll('\n', '\n      ')}`)}`)
    .join('')
