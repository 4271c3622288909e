import { gemoji } from 'gemoji'

export type Emoji = {
  readonly emoji: string
  /** Its names, without colons; the first one is the common one. */
  readonly names: readonly string[]
  readonly tags: readonly string[]
  readonly description: string
  readonly category: string
}

/** All emoji, in the order of Unicode. They are a part of the page: no other server is asked. */
export const allEmoji: readonly Emoji[] = gemoji
