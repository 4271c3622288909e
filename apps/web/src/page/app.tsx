import { useEffect } from 'preact/hooks'
import { EndedNotice } from './account/ended-notice.tsx'
import { NewsBar } from './account/news-bar.tsx'
import { RecoveryDialog } from './account/recovery-dialog.tsx'
import { RestoreLine } from './account/restore-line.tsx'
import { SignInCard } from './account/sign-in-card.tsx'
import styles from './app.module.css'
import { ConversationPane } from './conversation-pane.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { KeyboardSheet } from './keyboard/keyboard-sheet.tsx'
import { PageKeys } from './keyboard/page-keys.tsx'
import { LinkBar } from './link-bar.tsx'
import { PopupHost } from './menu/popup-host.tsx'
import { ForwardDialog } from './messages/forward-dialog.tsx'
import { TraceDialog } from './messages/trace-dialog.tsx'
import { BrokenNotice } from './notices/broken-notice.tsx'
import { BuildBar, NoticeBar } from './notices/notice-bars.tsx'
import { usePage, useSelected } from './page-context.ts'
import { PersonPanel } from './people/person-panel.tsx'
import { ProfileDialog } from './people/profile-dialog.tsx'
import { TroubleList } from './people/trouble-list.tsx'
import { UndoBar } from './people/undo-bar.tsx'
import { usePresence } from './people/use-presence.ts'
import { PictureViewer } from './picture-viewer.tsx'
import { SearchDialog } from './search-dialog.tsx'
import { SettingsDialog } from './settings/settings-dialog.tsx'
import { Sidebar } from './sidebar.tsx'
import { TroubleBar } from './trouble-bar.tsx'

/** The whole page. */
export function App() {
  const { words } = usePage()
  const phase = useSelected(({ engine }) => engine?.phase)
  const broken = useSelected((state) => state.broken)
  const isOpen = useSelected(({ open }) => open !== undefined)
  useTitle()
  usePresence()
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
    <PopupHost>
      <div class={`${styles.frame} ${isOpen ? styles.isOpen : ''}`}>
        <div class={styles.bars}>
          <LinkBar />
          <TroubleBar />
          <TroubleList />
          <EndedNotice />
          <NewsBar />
          <RestoreLine />
          <BuildBar />
          <NoticeBar />
        </div>
        <Sidebar />
        <ConversationPane />
        <RecoveryDialog />
        <SettingsDialog />
        <DeleteDialog />
        <PictureViewer />
        <PersonPanel />
        <ProfileDialog />
        <UndoBar />
        <ForwardDialog />
        <TraceDialog />
        <SearchDialog />
        <KeyboardSheet />
        <PageKeys />
      </div>
    </PopupHost>
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
