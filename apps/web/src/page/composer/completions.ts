import type { Emoji } from '../emoji/emoji-data.ts'
import { emojiNamed, findEmoji } from '../emoji/find-emoji.ts'

/** A word in the box that can be completed: it begins at `from` and ends at the caret. */
export type Wanted = { readonly kind: 'mention' | 'emoji'; readonly query: string; readonly from: number }
export type Completion = { readonly label: string; readonly insert: string }
export type Written = { readonly text: string; readonly caret: number }

/** The most suggestions that are shown. */
const maxCompletions = 6
const mention = /(?<![\p{L}\p{N}_.@-])@([a-z0-9._-]{0,32})$/iu
const emojiName = /(?<![\p{L}\p{N}:]):([a-z0-9_+-]{2,32})$/iu
const wholeNames = /(?<![\p{L}\p{N}:]):([a-z0-9_+-]{1,32}):/giu
const wholeName = /(?<![\p{L}\p{N}:]):([a-z0-9_+-]{1,32}):$/iu

/** Returns the word at the caret that can be completed. */
export function wantedAt({ text, caret }: Written): Wanted | undefined {
  const before = text.slice(0, caret)
  for (const [kind, pattern] of [['mention', mention] as const, ['emoji', emojiName] as const]) {
    const found = pattern.exec(before)
    if (found) return { kind, query: found[1] ?? '', from: found.index }
  }
  return undefined
}

/** Returns the members whose name begins with the written letters. */
export const mentionsFor = (names: readonly string[], query: string): Completion[] =>
  names
    .filter((name) => name.toLowerCase().startsWith(query.toLowerCase()))
    .slice(0, maxCompletions)
    .map((name) => ({ label: `@${name}`, insert: `@${name} ` }))

/** Returns the emoji that fit the written letters. */
export const emojiFor = (all: readonly Emoji[], query: string): Completion[] =>
  findEmoji(all, query, maxCompletions).map(({ emoji, names }) => ({
    label: `${emoji} :${names[0]}:`,
    insert: `${emoji} `,
  }))

/** Returns the text with a completion in place of the word before the caret. */
export function completed({ text, caret }: Written, from: number, { insert }: Completion): Written {
  return { text: text.slice(0, from) + insert + text.slice(caret).trimStart(), caret: from + insert.length }
}

/** Returns the text with an emoji in place of a `:name:` before the caret, if there is one. */
export function withEmojiNamed({ text, caret }: Written, all: readonly Emoji[]): Written | undefined {
  const found = wholeName.exec(text.slice(0, caret))
  const emoji = found && emojiNamed(all, found[1] ?? '')
  if (!emoji) return undefined
  return { text: text.slice(0, found.index) + emoji + text.slice(caret), caret: found.index + emoji.length }
}

/** Returns the text with an emoji in place of every whole `:name:`. */
export function withAllEmojiNamed({ text, caret }: Written, all: readonly Emoji[]): Written {
  const replaced = (part: string) =>
    part.replace(wholeNames, (written, name: string) => emojiNamed(all, name) ?? written)
  return { text: replaced(text), caret: replaced(text.slice(0, caret)).length }
}
