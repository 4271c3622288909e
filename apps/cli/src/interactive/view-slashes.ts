import type { MessageId } from '@fastchat/schema'
import type { Slash } from './slash.ts'

/** The slash commands that show chats and pictures. */
export const viewSlashes: Readonly<Record<string, Slash>> = {
  view: {
    usage: '/view N',
    does: 'show the picture of message N',
    needs: 1,
    async run({ out }, chatScreen, [written = '']) {
      // A word that is not an id finds no message.
      const isShown = await chatScreen.view(chatScreen.messageOf(written) as MessageId)
      if (!isShown) out.note(`This terminal shows no pictures: /save ${written} saves it`)
    },
  },
  jump: {
    usage: '/jump N',
    does: 'show message N in its chat, with what was said around it',
    needs: 1,
    run: (_, chatScreen, [written = '']) => chatScreen.jump(chatScreen.messageOf(written) as MessageId),
  },
  more: { usage: '/more', does: 'show the next unread messages', run: (_, chatScreen) => chatScreen.showMore() },
}
