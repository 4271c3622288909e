import type { Client, Entry } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { TranscriptLine } from './transcript-line.ts'

/** A change of how this account's devices treat a chat. */
export type ChatMark =
  /** `until` is in milliseconds since 1970; null: always. Without it the mute ends. */
  | { readonly kind: 'mute'; readonly until?: number | null }
  | { readonly kind: 'archive' | 'unarchive' | 'unpin' }
  /** `place` counts the pinned chats from 0. */
  | { readonly kind: 'pin'; readonly place?: number }
  | { readonly kind: 'draft'; readonly text: string }

export type SearchQuery = {
  readonly words: string
  readonly in?: ConversationId
  readonly from?: UserId
  readonly since?: number
  readonly limit: number
}

/** The verbs about what only the devices of this account share, and about their history. */
export type OwnVerbs = {
  markChat(args: { readonly conversation: ConversationId; readonly mark: ChatMark }): Promise<void>
  /** Returns the lines that match, the newest first. */
  search(args: SearchQuery): Promise<{ readonly lines: readonly TranscriptLine[]; readonly isMore: boolean }>
}

export const isOwnVerb: Readonly<Record<keyof OwnVerbs, true>> = { markChat: true, search: true }

/** Returns these verbs on the device of this process. */
export function ownVerbs(client: Client, lines: (entries: readonly Entry[]) => Promise<TranscriptLine[]>): OwnVerbs {
  return {
    async markChat({ conversation, mark }) {
      const { own } = client
      if (mark.kind === 'mute') await own.mute(conversation, mark.until)
      else if (mark.kind === 'pin') await own.pin(conversation, mark.place)
      else if (mark.kind === 'draft') await own.setDraft(conversation, mark.text)
      else await own[mark.kind](conversation)
    },
    async search({ words, ...options }) {
      const { entries, isMore } = await client.search(words, options)
      return { lines: await lines(entries), isMore }
    },
  }
}
