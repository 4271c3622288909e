import type { Emoji } from './emoji-data.ts'

let loaded: Promise<readonly Emoji[]> | undefined

/** Returns all emoji. Their file is fetched when a person wants one first. */
export function loadEmoji(): Promise<readonly Emoji[]> {
  loaded ??= import('./emoji-data.ts').then(
    ({ allEmoji }) => allEmoji,
    (error: unknown) => {
      // The next one who wants them tries again.
      loaded = undefined
      throw error
    },
  )
  return loaded
}
