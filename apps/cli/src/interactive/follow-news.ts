import type { MonotonicMs } from '@fastchat/clock'
import type { ConversationId } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import type { CliError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { followChats } from '../commands/follow-chats.ts'
import { tellRequest } from '../commands/people.ts'
import { toCliError } from '../to-cli-error.ts'
import type { ChatScreen } from './chat-screen.ts'
import type { Notifier } from './notifier.ts'
import type { Screen } from './screen.ts'

/** The bell rings at most once in this time. */
const bellPauseMs = 2_000

type News = {
  readonly chatScreen: ChatScreen
  /** The last position of each chat that is known already. */
  readonly from: ReadonlyMap<ConversationId, number>
  /** The username of this user. */
  readonly me: string
  /** Whether the person looks at this window, as far as the terminal tells. */
  isFocused(): boolean
  readonly notifier: Pick<Notifier, 'message'> | undefined
  /** Whether the bell stays silent. */
  readonly isQuiet: boolean
  looked(chats: readonly ChatInfo[]): void
}

/**
 * Shows new lines as they come, and tells messages that the person does not see. Resolves with the
 * error that ended the connection.
 */
export async function followNews(
  { signal, out, clock }: Context,
  session: HomeSession,
  screen: Pick<Screen, 'ring'>,
  { chatScreen, from, me, isFocused, notifier, isQuiet, looked }: News,
): Promise<CliError | undefined> {
  const told = new Set<ConversationId>()
  const muted = new Set<ConversationId>()
  let rangAt: MonotonicMs | undefined
  /** A request is told once, and its lines are shown when it is open. */
  const isWanted = ({ conversation, status, isRequest }: ChatInfo): boolean => {
    if (!isRequest || conversation === chatScreen.conversation) return true
    if (status !== 'active') return false
    if (!told.has(conversation)) void tellRequest(out, session.chat, conversation).catch(() => {})
    told.add(conversation)
    return false
  }
  const ring = () => {
    const now = clock.monotonicMs()
    if (isQuiet || (rangAt !== undefined && now - rangAt < bellPauseMs)) return
    rangAt = now
    screen.ring()
  }
  const tell = ({ type, kind, from: author, conversation, chat, text, caption }: TranscriptLine) => {
    const isSeen = isFocused() && conversation === chatScreen.conversation
    if (type !== 'message' || kind === 'blocked' || author === me || author === undefined) return
    if (isSeen || muted.has(conversation)) return
    ring()
    const words = text ?? caption
    notifier?.message({ from: author, chat, ...(words !== undefined && { text: words }) })
  }
  try {
    await followChats(
      session,
      {
        ...{ isWanted, own: true, signal, from },
        // Messages of this device are shown, too: another terminal on this home may have sent them.
        isRead: ({ conversation }) => isFocused() && chatScreen.isSeen(conversation),
        looked(chats) {
          muted.clear()
          for (const { conversation, isMuted } of chats) if (isMuted) muted.add(conversation)
          looked(chats)
        },
      },
      async (line) => {
        await chatScreen.show(line)
        tell(line)
        return true
      },
    )
    return undefined
  } catch (error) {
    return signal.aborted ? undefined : toCliError(error)
  }
}
