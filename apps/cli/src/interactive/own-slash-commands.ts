import { usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { archive, draft, mute, pinChat, unarchive, unpinChat } from '../commands/mark-chat.ts'
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
  draft: {
    usage: '/draft [TEXT]',
    textAfter: 0,
    does: 'show or keep what you have begun to write here',
    run: (context: Context, chatScreen: ChatScreen, words: readonly string[]) =>
      draft(context, chatScreen.target, words.length > 0 ? words.join(' ') : undefined),
  },
  search: {
    usage: '/search WORDS [in:here]',
    does: 'find messages; in:here only in the open chat. /jump N shows one in its chat',
    needs: 1,
    async run(context: Context, chatScreen: ChatScreen, words: readonly string[]) {
      const rest = words.filter((word) => word !== 'in:here')
      if (rest.length === 0) throw usageError('/search WORDS [in:here]')
      const place = rest.length < words.length ? { in: chatScreen.target } : {}
      const wishes = { ...place, lines: shownResults, offline: true }
      await search(context, rest, wishes, (lines) => chatScreen.showFound(lines))
    },
  },
}
