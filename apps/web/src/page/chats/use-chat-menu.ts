import type { ChatRow } from '../../engine/engine-state.ts'
import { type MenuItem, type PopupRequest, usePopup } from '../menu/menu-context.ts'
import { usePage } from '../page-context.ts'

const hourMs = 3600_000

/** Returns how to show what a person can do with a chat. `more` stands in front. */
export function useChatMenu(): (chat: ChatRow, at: PopupRequest['at'], more?: readonly MenuItem[]) => void {
  const { actions, words } = usePage()
  const popup = usePopup()
  return (chat, at, more = []) => {
    const { marks } = actions
    const text = words.talk.chat
    const { id, isPinned, isMuted, isArchived } = chat
    const isUnread = chat.isMarkedUnread === true || chat.unread > 0
    const mutes: MenuItem[] = [
      { label: text.mute.hour, run: () => void marks.mute(id, hourMs) },
      { label: text.mute.night, run: () => void marks.mute(id, 8 * hourMs) },
      { label: text.mute.always, run: () => void marks.mute(id, null) },
    ]
    const items: MenuItem[] = [
      ...more,
      ...(isArchived
        ? []
        : [
            {
              label: isPinned ? text.unpin : text.pin,
              run: () => void marks.mark(id, { kind: isPinned ? 'unpin' : 'pin' }),
            },
          ]),
      ...(isMuted ? [{ label: text.unmute, run: () => void marks.mark(id, { kind: 'mute' }) }] : mutes),
      ...(chat.isMarkedUnread
        ? [{ label: text.markRead, run: () => void marks.mark(id, { kind: 'read' }) }]
        : isUnread
          ? []
          : [{ label: text.markUnread, run: () => void marks.mark(id, { kind: 'unread' }) }]),
      {
        label: isArchived ? text.unarchive : text.archive,
        run: () => void marks.mark(id, { kind: isArchived ? 'unarchive' : 'archive' }),
      },
    ]
    popup({ at, label: words.talk.moreOf(chat.title ?? words.chats.unnamed), items })
  }
}
