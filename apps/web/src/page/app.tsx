import { useEffect } from 'preact/hooks'
import styles from './app.module.css'
import { ConversationPane } from './conversation-pane.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { LinkBar } from './link-bar.tsx'
import { BrokenNotice } from './notices/broken-notice.tsx'
import { BuildBar, NoticeBar } from './notices/notice-bars.tsx'
import { usePage, useSelected } from './page-context.ts'
import { PictureViewer } from './picture-viewer.tsx'
import { RecoveryDialog } from './recovery-dialog.tsx'
import { Sidebar } from './sidebar.tsx'
import { SignInCard } from './sign-in-card.tsx'
import { TroubleBar } from './trouble-bar.tsx'

/** The whole page. */
export function App() {
  const { words } = usePage()
  const phase = useSelected(({ engine }) => engine?.phase)
  const broken = useSelected((state) => state.broken)
  const isOpen = useSelected(({ open }) => open !== undefined)
  useTitle()
  if (broken) return <BrokenNotice broken={broken} class={styles.notice} />
  if (phase === undefined)
    return (
      <main class={styles.notice}>
        {words.starting}
        <BuildBar />
      </main>
    )
  if (phase === 'signed-out') return <SignInCard />
  return (
    <div class={`${styles.frame} ${isOpen ? styles.isOpen : ''}`}>
      <div class={styles.bars}>
        <LinkBar />
        <TroubleBar />
        <BuildBar />
        <NoticeBar />
      </div>
      <Sidebar />
      <ConversationPane />
      <RecoveryDialog />
      <DeleteDialog />
      <PictureViewer />
    </div>
  )
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
