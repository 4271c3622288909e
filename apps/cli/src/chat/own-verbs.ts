import type { Client, Entry, SearchProgress } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import { CliError, exitCodes } from '../cli-error.ts'
import type { TranscriptLine } from './transcript-line.ts'

/** A change of how this account's devices treat a chat. */
export type ChatMark =
  /** `until` is in milliseconds since 1970; null: always. Without it the mute ends. */
  | { readonly kind: 'mute'; readonly until?: number | null }
  | { readonly kind: 'archive' | 'unarchive' | 'unpin' }
  /** `place` counts the pinned chats from 0. */
  | { readonly kind: 'pin'; readonly place?: number }
  | { readonly kind: 'draft'; readonly text: string }
  /** The count of unread messages stays as it is. */
  | { readonly kind: 'unread'; readonly isUnread: boolean }

export type SearchQuery = {
  readonly words: string
  readonly in?: ConversationId
  readonly from?: UserId
  readonly since?: number
  readonly limit: number
  /** Names this search, so that it can be cancelled, and its progress is told. */
  readonly search?: string
}

/** A search has read more of the history. It is complete. */
export type SearchHint = { readonly type: 'search'; readonly search: string; readonly progress: SearchProgress }

/** The searches of one device that may be under way. */
const maxSearches = 64

/** The verbs about what only the devices of this account share, and about their history. */
export type OwnVerbs = {
  markChat(args: { readonly conversation: ConversationId; readonly mark: ChatMark }): Promise<void>
  /** Returns the lines that match, the newest first. */
  search(args: SearchQuery): Promise<{ readonly lines: readonly TranscriptLine[]; readonly isMore: boolean }>
  /** Ends a search. Returns whether it was under way. */
  cancelSearch(args: { readonly search: string }): Promise<boolean>
}

export const isOwnVerb: Readonly<Record<keyof OwnVerbs, true>> = {
  markChat: true,
  search: true,
  cancelSearch: true,
}

const tellSearch = new WeakMap<Client, (hint: SearchHint) => void>()

/** Calls `tell` with the progress of searches. */
export const onSearchHint = (client: Client, tell: (hint: SearchHint) => void): void =>
  void tellSearch.set(client, tell)

/** Returns these verbs on the device of this process. */
export function ownVerbs(client: Client, lines: (entries: readonly Entry[]) => Promise<TranscriptLine[]>): OwnVerbs {
  const searches = new Map<string, AbortController>()
  const found = async (search: ReturnType<Client['search']>) => {
    const { entries, isMore } = await search
    return { lines: await lines(entries), isMore }
  }
  return {
    async markChat({ conversation, mark }) {
      const { own } = client
      if (mark.kind === 'mute') await own.mute(conversation, mark.until)
      else if (mark.kind === 'pin') await own.pin(conversation, mark.place)
      else if (mark.kind === 'draft') await own.setDraft(conversation, mark.text)
      else if (mark.kind === 'unread') await own.markUnread(conversation, mark.isUnread)
      else await own[mark.kind](conversation)
    },
    async search({ words, search, ...options }) {
      if (search === undefined || searches.size >= maxSearches) return await found(client.search(words, options))
      const stop = new AbortController()
      searches.set(search, stop)
      const { signal } = stop
      const onProgress = (progress: SearchProgress) => tellSearch.get(client)?.({ type: 'search', search, progress })
      try {
        return await found(client.search(words, { ...options, signal, onProgress }))
      } finally {
        searches.delete(search)
      }
    },
    async cancelSearch({ search }) {
      searches.get(search)?.abort(new CliError('cancelled', 'Cancelled', exitCodes.interrupted))
      return searches.has(search)
    },
  }
}
