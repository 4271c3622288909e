import { useEffect, useState } from 'preact/hooks'
import { SignInCard } from './account/sign-in-card.tsx'
import styles from './app.module.css'
import { BrokenNotice } from './notices/broken-notice.tsx'
import { BuildBar } from './notices/notice-bars.tsx'
import { usePage, useSelected } from './page-context.ts'

/** The whole page. */
export function App() {
  const { words } = usePage()
  const phase = useSelected(({ engine }) => engine?.phase)
  const broken = useSelected((state) => state.broken)
  const ChatsPage = useChatsPage(phase === 'ready')
  useTitle()
  if (broken) return <BrokenNotice broken={broken} class={styles.notice} />
  if (phase === 'signed-out') return <SignInCard />
  if (ChatsPage && phase === 'ready') return <ChatsPage />
  return (
    <main class={styles.notice}>
      {words.starting}
      <BuildBar />
    </main>
  )
}

/**
 * Loads the script of the chats after the first part of the page is drawn, so that the card of the
 * login does not wait for it. A failed load is repeated when the chats are needed.
 */
function useChatsPage(isNeeded: boolean) {
  const { store } = usePage()
  const [loaded, setLoaded] = useState<{ readonly Page: typeof import('./chats-page.tsx').ChatsPage }>()
  useEffect(() => {
    if (loaded) return
    import('./chats-page.tsx').then(
      ({ ChatsPage }) => setLoaded({ Page: ChatsPage }),
      () => isNeeded && store.set({ broken: { code: 'unreachable', message: '' } }),
    )
  }, [isNeeded, loaded, store])
  return loaded?.Page
}

/** Shows the number of unread messages in the title. */
function useTitle(): void {
  const { words } = usePage()
  const unread = useSelected(({ engine }) =>
    (engine?.chats ?? []).reduce((sum, chat) => sum + (chat.isMuted || chat.isRequest ? 0 : chat.unread), 0),
  )
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.appName}` : words.appName
  }, [unread, words])
}
