import { usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { archive, draft, markUnread, mute, pinChat, unarchive, unmarkUnread, unpinChat } from '../commands/mark-chat.ts'
import { search } from '../commands/search.ts'
import type { ChatScreen } from './chat-screen.ts'

/** The most results that a search shows in a chat. */
const shownResults = 20

const inOpen =
  (run: (context: Context, to: string) => Promise<void>) =>
  (context: Context, chatScreen: ChatScreen): Promise<void> =>
    run(context, chatScreen.target)

/** The slash commands about how your devices treat the open chat, and about their history. */
export const ownSlashCommands = {
  mute: {
    usage: '/mute 1h|8h|always|off',
    does: 'mute the open chat on all your devices',
    needs: 1,
    run: (context: Context, chatScreen: ChatScreen, [written = '']: readonly string[]) =>
      mute(context, chatScreen.target, written),
  },
  archive: { usage: '/archive', does: 'put the open chat into the archive', run: inOpen(archive) },
  unarchive: { usage: '/unarchive', does: 'take the open chat out of the archive', run: inOpen(unarchive) },
  'pin-chat': { usage: '/pin-chat', does: 'keep the open chat at the top of the list', run: inOpen(pinChat) },
  'unpin-chat': { usage: '/unpin-chat', does: 'no longer keep it there', run: inOpen(unpinChat) },
  'mark-unread': { usage: '/mark-unread', does: 'mark the open chat as unread', run: inOpen(markUnread) },
  'unmark-unread': { usage: '/unmark-unread', does: 'no longer mark it as unread', run: inOpen(unmarkUnread) },
  draft: {
    usage: '/draft [TEXT]',
    textAfter: 0,
    does: 'show or keep what you have begun to write here',
    run: (context: Context, chatScreen: ChatScreen, words: readonly string[]) =>
      draft(context, chatScreen.target, words.length > 0 ? words.join(' ') : undefined),
  },
  search: {
    usage: '/search WORDS [in:here|in:CHAT] [from:USER] [since:TIME]',
    does: 'find messages; in:here only in the open chat, since:3d only of the last three days. /jump N shows one',
    needs: 1,
    async run(context: Context, chatScreen: ChatScreen, words: readonly string[]) {
      const { rest, limits } = readLimits(words)
      if (rest.length === 0) throw usageError('Name a word to search for. Type: /search WORDS [in:here] [from:USER]')
      const place = limits.in === 'here' ? { in: chatScreen.target } : {}
      const wishes = { ...limits, ...place, lines: shownResults, offline: true }
      await search(context, rest, wishes, (lines) => chatScreen.showFound(lines))
    },
  },
}

const limitWord = /^(in|from|since):(.+)$/u

/** Splits the words of a search into its limits, such as `from:bob`, and the others. */
export function readLimits(words: readonly string[]): {
  readonly rest: readonly string[]
  readonly limits: Partial<Record<'in' | 'from' | 'since', string>>
} {
  const found = words.map((word) => ({ word, limit: limitWord.exec(word) }))
  return {
    rest: found.filter(({ limit }) => !limit).map(({ word }) => word),
    limits: Object.fromEntries(found.flatMap(({ limit }) => (limit ? [[limit[1], limit[2]]] : []))),
  }
}
