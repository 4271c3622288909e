import type { ConversationId } from '@fastchat/schema'
import { useEffect, useState } from 'preact/hooks'
import type { Emoji } from '../emoji/emoji-data.ts'
import { loadEmoji } from '../emoji/load-emoji.ts'
import { usePage } from '../page-context.ts'
import { type Completion, emojiFor, mentionsFor, type Wanted, type Written, wantedAt } from './completions.ts'

export type Completions = {
  readonly wanted: Wanted | undefined
  readonly found: readonly Completion[]
  /** The emoji, once a name was begun. */
  readonly emoji: readonly Emoji[]
}

/** Returns what completes the word at the caret: members of the chat, or emoji by their name. */
export function useCompletions(conversation: ConversationId, written: Written): Completions {
  const { actions } = usePage()
  const [names, setNames] = useState<readonly string[]>([])
  const [emoji, setEmoji] = useState<readonly Emoji[]>([])
  const wanted = wantedAt(written)
  const kind = wanted?.kind
  useEffect(() => {
    // Without names or emoji there are no suggestions, and the text is sent as it is.
    const ignore = () => {}
    if (kind === 'mention') actions.traces.memberNames(conversation).then(setNames, ignore)
    // They are kept when the word has ended meanwhile: its name becomes an emoji then.
    if (kind === 'emoji') loadEmoji().then(setEmoji, ignore)
  }, [kind, conversation, actions])
  const found = !wanted ? [] : kind === 'mention' ? mentionsFor(names, wanted.query) : emojiFor(emoji, wanted.query)
  return { wanted, found, emoji }
}
