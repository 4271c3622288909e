import { chatHash, type FromServiceWorker } from '../../service-worker/worker-messages.ts'
import type { Actions } from '../../state/actions.ts'
import type { AppStore } from '../../state/app-store.ts'
import type { Browser } from '../../state/browser.ts'
import { newMessages, readChats, unreadOf } from '../../state/new-messages.ts'
import type { Words } from '../../words/en.ts'
import { lineWords } from '../line-words.ts'

/** The lock of the one tab that tells about new messages. */
const lockName = 'fastchat:notices'

type TellOptions = {
  readonly store: AppStore
  readonly actions: Pick<Actions, 'notices' | 'timeline' | 'chats'>
  readonly browser: Browser
  readonly words: Words
}

/**
 * Tells about new messages while no tab has the focus, from one tab of the browser. It also shows
 * the chat of a notice that was clicked, and keeps the number at the icon of the installed app.
 */
export function tellNotices(options: TellOptions): void {
  const { store, actions, browser, words } = options
  browser.tell({ kind: 'words', newMessage: words.notices.newMessage })
  // The lock is held until the tab is closed; then the browser gives it to another one.
  void navigator.locks.request(lockName, async () => {
    watchChats(options)
    await new Promise(() => undefined)
  })
  const open = (id: string) => {
    const chat = store.state.engine?.chats.find((one) => one.id === id)
    if (chat) void actions.timeline.open(chat.id)
    return chat !== undefined
  }
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<FromServiceWorker>) => {
    if (data.kind === 'open') open(data.chat)
  })
  openFromAddress(store, open)
  window.addEventListener('online', () => {
    if (store.state.engine?.link.state === 'unavailable') void actions.chats.retryNow()
  })
  keepEndpoint(store, actions)
}

function watchChats({ store, browser, words }: TellOptions): void {
  let former = store.state.engine
  store.subscribe(() => {
    const { engine, notices } = store.state
    if (engine === undefined || engine.chats === former?.chats) return
    const before = former?.me?.userId === engine.me?.userId ? former?.chats : undefined
    former = engine
    const count = unreadOf(engine.chats)
    void (count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.())?.catch(() => undefined)
    if (before === undefined || engine.phase !== 'ready') return browser.tell({ kind: 'read' })
    for (const { id } of readChats(before, engine.chats)) browser.tell({ kind: 'read', chat: id })
    if (!notices?.isOn || document.hasFocus()) return
    for (const chat of newMessages(before, engine.chats)) {
      const name = chat.title ?? words.chats.unnamed
      const title = chat.kind === 'group' ? words.notices.inGroup(name) : words.notices.from(name)
      const body = notices.hasContent && chat.last ? lineWords(chat.last, words) : ''
      browser.tell({ kind: 'notify', chat: chat.id, title, body, count })
    }
  })
}

/** Shows the chat that the address names, when a notice has opened this tab. */
function openFromAddress(store: AppStore, open: (id: string) => boolean): void {
  if (!location.hash.startsWith(chatHash)) return
  const chat = decodeURIComponent(location.hash.slice(chatHash.length))
  history.replaceState(null, '', '/')
  if (open(chat)) return
  const stop = store.subscribe(() => {
    if (store.state.engine?.phase === 'ready' && open(chat)) stop()
  })
}

/** Gives the server the endpoint of this browser at each new connection. */
function keepEndpoint(store: AppStore, { notices }: Pick<Actions, 'notices'>): void {
  let wasOnline = false
  store.subscribe(() => {
    const isOnline = store.state.engine?.link.state === 'online'
    if (isOnline === wasOnline) return
    wasOnline = isOnline
    if (isOnline) void notices.keepPush()
  })
}
