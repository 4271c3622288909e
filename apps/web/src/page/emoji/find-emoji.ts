import type { Emoji } from './emoji-data.ts'

/**
 * Returns the emoji whose names, tags or description have a word that begins with each word of a
 * query. Those whose name begins with the query come first.
 */
export function findEmoji(all: readonly Emoji[], query: string, atMost = all.length): readonly Emoji[] {
  const words = query
    .toLowerCase()
    .split(/[\s_]+/)
    .filter(Boolean)
  if (words.length === 0) return all.slice(0, atMost)
  const whole = words.join('_')
  const rank = ({ names }: Emoji) => (names.includes(whole) ? 0 : names.some((name) => name.startsWith(whole)) ? 1 : 2)
  const found = all.filter(({ names, tags, description }) => {
    const own = `_${[...names, ...tags, description]
      .join('_')
      .toLowerCase()
      .replaceAll(/[\s-]+/g, '_')}`
    return words.every((word) => own.includes(`_${word}`))
  })
  return found.toSorted((a, b) => rank(a) - rank(b)).slice(0, atMost)
}

/** Returns the emoji of a name without colons. */
export const emojiNamed = (all: readonly Emoji[], name: string): string | undefined =>
  all.find(({ names }) => names.includes(name.toLowerCase()))?.emoji
