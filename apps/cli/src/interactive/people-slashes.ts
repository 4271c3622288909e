import { undoMs } from '@fastchat/client'
import { usageError } from '../cli-error.ts'
import { accept, block, blocked, forget, requests, unblock, verify } from '../commands/people.ts'
import { profile } from '../commands/profile.ts'
import type { Slash } from './slash.ts'

const isVerifyWord = (word: string | undefined): boolean =>
  word === 'mark' || word === 'unmark' || word === 'accept-new-key'

/** The slash commands about people. Without a name they are about the open direct chat. */
export const peopleSlashes: Readonly<Record<string, Slash>> = {
  verify: {
    usage: '/verify [USER] [mark|unmark|accept-new-key]',
    does: 'show the safety number; mark: you have compared it',
    async run(context, chatScreen, words) {
      const [name, what] = isVerifyWord(words[0]) ? [undefined, words[0]] : words
      if (what !== undefined && !isVerifyWord(what)) throw usageError('/verify [USER] [mark|unmark|accept-new-key]')
      await verify(context, name ?? chatScreen.peer, {
        mark: what === 'mark',
        unmark: what === 'unmark',
        acceptNewKey: what === 'accept-new-key',
      })
    },
  },
  requests: { usage: '/requests', does: 'the chats of strangers, which wait', run: (context) => requests(context) },
  accept: {
    usage: '/accept [NAME]',
    does: 'accept a chat that waits; default: the open one',
    run: (context, chatScreen, words) => accept(context, words.length > 0 ? words.join(' ') : chatScreen.target),
  },
  block: {
    usage: '/block [USER]',
    does: 'see nothing more of somebody; they are not told',
    run: (context, chatScreen, [name]) => block(context, name ?? chatScreen.peer),
  },
  unblock: {
    usage: '/unblock USER',
    does: 'end a block',
    needs: 1,
    run: (context, _, [name = '']) => unblock(context, name),
  },
  forget: {
    usage: '/forget [NAME|undo]',
    does: 'remove a chat with its history, for you only; undo: take it back within 10 seconds',
    run(context, chatScreen, words) {
      if (words.length === 1 && words[0] === 'undo') return forget(context, undefined, { undo: true })
      return forget(context, words.length > 0 ? words.join(' ') : chatScreen.target, { undoMs })
    },
  },
  profile: {
    usage: '/profile [USER|name NAME|picture PATH|clear]',
    does: 'show a profile, or change your own',
    async run(context, _, [what, ...rest]) {
      if (what === 'clear') return profile(context, undefined, { clear: true })
      if (what === 'name' && rest.length > 0) return profile(context, undefined, { name: rest.join(' ') })
      if (what === 'picture' && rest.length > 0) return profile(context, undefined, { picture: rest.join(' ') })
      await profile(context, what, {})
    },
  },
  blocked: { usage: '/blocked', does: 'whom you have blocked', run: (context) => blocked(context) },
}
