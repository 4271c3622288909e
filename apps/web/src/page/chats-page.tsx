import { EndedNotice } from './account/ended-notice.tsx'
import { NewsBar } from './account/news-bar.tsx'
import { RecoveryDialog } from './account/recovery-dialog.tsx'
import { RestoreLine } from './account/restore-line.tsx'
import styles from './app.module.css'
import { ConversationPane } from './conversation-pane.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { KeyboardSheet } from './keyboard/keyboard-sheet.tsx'
import { PageKeys } from './keyboard/page-keys.tsx'
import { LinkBar } from './link-bar.tsx'
import { PopupHost } from './menu/popup-host.tsx'
import { ForwardDialog } from './messages/forward-dialog.tsx'
import { TraceDialog } from './messages/trace-dialog.tsx'
import { BuildBar, NoticeBar } from './notices/notice-bars.tsx'
import { useSelected } from './page-context.ts'
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

/** The chats, and all that belongs to them, for a signed-in person. */
export function ChatsPage() {
  const isOpen = useSelected(({ open }) => open !== undefined)
  usePresence()
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
