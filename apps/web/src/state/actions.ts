import type { Clock } from '@fastchat/clock'
import type { FileToSend } from '../engine/calls/file-calls.ts'
import { AccountActions } from './account-actions.ts'
import type { AppStore } from './app-store.ts'
import type { Browser } from './browser.ts'
import { ChatActions } from './chat-actions.ts'
import { EngineLink, type EngineListeners } from './engine-link.ts'
import { FileActions } from './file-actions.ts'
import { GroupActions } from './group-actions.ts'
import { MessageActions } from './message-actions.ts'
import { NoticeActions } from './notice-actions.ts'
import { SearchActions } from './search-actions.ts'
import { Tab } from './tab.ts'
import { TimelineActions } from './timeline-actions.ts'

type ActionsOptions = {
  readonly store: AppStore
  readonly channel: BroadcastChannel
  readonly clock: Pick<Clock, 'wallMs'>
  /** Returns an id that no other call has. */
  readonly newId: () => string
  /** Takes what a picture tells about its place out of it, and makes a preview. */
  readonly prepare: (file: File) => Promise<FileToSend>
  readonly browser: Browser
}

/**
 * Does what people ask for on the page, and hears the engine. Each feature has a class of actions.
 */
export class Actions {
  readonly account: AccountActions
  readonly chats: ChatActions
  readonly files: FileActions
  readonly groups: GroupActions
  readonly messages: MessageActions
  readonly notices: NoticeActions
  readonly search: SearchActions
  readonly timeline: TimelineActions
  readonly #tab: Tab

  constructor({ store, channel, clock, newId, prepare, browser }: ActionsOptions) {
    const listeners: EngineListeners = {
      state: (engine) => {
        const isOther = engine.me?.userId !== store.state.engine?.me?.userId
        store.set({
          engine,
          newBuild: undefined,
          broken: undefined,
          ...(isOther && { open: undefined, timeline: undefined }),
        })
      },
      patch: (patch) => {
        const { engine } = store.state
        if (engine) store.set({ engine: { ...engine, ...patch } })
      },
      changed: (conversations) => {
        const { open } = store.state
        if (open === undefined || !conversations.includes(open)) return
        void this.timeline.refresh(open)
        if (store.state.group) void this.groups.show()
      },
      trouble: (trouble) => store.set({ trouble }),
      broken: (broken) => store.set({ broken }),
      otherBuild: () => store.set({ newBuild: 'outdated' }),
    }
    const tab = new Tab({ store, link: new EngineLink(channel, listeners, newId), clock, prepare })
    this.#tab = tab
    this.account = new AccountActions(tab)
    this.files = new FileActions(tab)
    this.groups = new GroupActions(tab)
    this.notices = new NoticeActions(tab, browser)
    this.search = new SearchActions(tab)
    this.timeline = new TimelineActions(tab)
    this.chats = new ChatActions(tab, this.timeline)
    this.messages = new MessageActions(tab, this.timeline)
  }

  /** Erases the store of this browser, when it cannot be read. */
  eraseStore(): void {
    this.#tab.set({ broken: undefined, engine: undefined })
    this.#tab.erase()
  }

  hideTrouble(): void {
    this.#tab.set({ trouble: undefined })
  }

  /** Tells a failure to the person. */
  tell(error: unknown): void {
    this.#tab.tell(error)
  }
}
