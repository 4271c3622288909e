import type { ConversationId } from '@fastchat/schema'
import { useEffect } from 'preact/hooks'
import { usePage, useSelected } from '../page-context.ts'

/** People count as away after 90 s without a sign, so they are asked more often than that. */
const askMs = 60_000
/** The latest direct chats whose people are asked. */
const maxAsked = 15

/** Asks who is connected while the page is visible: in the open chat, and in the latest ones. */
export function usePresence(): void {
  const { actions, store } = usePage()
  const open = useSelected((state) => state.open)
  // Nothing is told to a request, so people are asked when it is accepted.
  const requests = useSelected(({ engine }) => engine?.chats.filter(({ isRequest }) => isRequest).length)
  const isOnline = useSelected(({ engine }) => engine?.link.state === 'online')
  useEffect(() => {
    if (!isOnline) return
    const ask = () => {
      if (document.visibilityState !== 'visible') return
      const latest = (store.state.engine?.chats ?? []).filter(({ peer, isRequest }) => peer !== undefined && !isRequest)
      const asked = new Set<ConversationId>([
        ...(open === undefined ? [] : [open]),
        ...latest.slice(0, maxAsked).map(({ id }) => id),
      ])
      void actions.people.askPresence([...asked])
    }
    ask()
    const timer = setInterval(ask, askMs)
    document.addEventListener('visibilitychange', ask)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [actions, store, open, isOnline, requests])
}
