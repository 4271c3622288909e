import { toBox } from '../messages/move-focus.ts'
import { usePage } from '../page-context.ts'
import { useShortcuts } from './use-shortcuts.ts'

/** Binds the keys that work anywhere. */
export function PageKeys() {
  const { actions, store } = usePage()
  const go = (step: 1 | -1) => {
    const { engine, open } = store.state
    const chats = (engine?.chats ?? []).filter(({ isArchived, id }) => !isArchived || id === open)
    const next = chats[Math.max(0, chats.findIndex(({ id }) => id === open) + step)]
    if (next) void actions.timeline.open(next.id)
  }
  useShortcuts({
    searchAll: () => actions.search.show(),
    searchHere: () => actions.search.show(store.state.open),
    sheet: () => actions.showSheet(true),
    toBox,
    chatAbove: () => go(-1),
    chatBelow: () => go(1),
    chatMenu: () => document.querySelector<HTMLElement>('[data-chat-menu]')?.click(),
  })
  return null
}
