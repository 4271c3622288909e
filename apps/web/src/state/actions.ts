import type { Clock } from '@fastchat/clock'
import type { FileToSend } from '../engine/calls/file-calls.ts'
import { AccountActions } from './account-actions.ts'
import type { AppStore } from './app-store.ts'
import type { Browser } from './browser.ts'
import { ChatActions } from './chat-actions.ts'
import { ChatMarkActions } from './chat-mark-actions.ts'
import { EngineLink, type EngineListeners } from './engine-link.ts'
import { FileActions } from './file-actions.ts'
import { GroupActions } from './group-actions.ts'
import { MessageActions } from './message-actions.ts'
import { NoticeActions } from './notice-actions.ts'
import { PeopleActions } from './people-actions.ts'
import { PinActions } from './pin-actions.ts'
import { ProfileActions } from './profile-actions.ts'
import { SearchActions } from './search-actions.ts'
import { SettingsActions } from './settings-actions.ts'
import { Tab } from './tab.ts'
import { TimelineActions } from './timeline-actions.ts'
import { TraceActions } from './trace-actions.ts'

type ActionsOptions = {
  readonly store: AppStore
  readonly channel: BroadcastChannel
  readonly clock: Pick<Clock, 'wallMs'>
  /** Returns an id that no other call has. */
  readonly newId: () => string
  /** Takes what a picture tells about its place out of it, and makes a preview. */
  readonly prepare: (file: File, isOriginal: boolean) => Promise<FileToSend>
  readonly browser: Browser
}

/**
 * Does what people ask for on the page, and hears the engine. Each feature has a class of actions.
 */
export class Actions {
  readonly account: AccountActions
  readonly chats: ChatActions
  readonly marks: ChatMarkActions
  readonly files: FileActions
  readonly groups: GroupActions
  readonly messages: MessageActions
  readonly people: PeopleActions
  readonly profile: ProfileActions
  readonly pins: PinActions
  readonly notices: NoticeActions
  readonly search: SearchActions
  readonly settings: SettingsActions
  readonly timeline: TimelineActions
  readonly traces: TraceActions
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
        const { engine, open } = store.state
        if (!engine) return
        // A device that was removed and signed in again begins without chats.
        const isLost = patch.phase !== undefined && !patch.chats?.some(({ id }) => id === open)
        store.set({ engine: { ...engine, ...patch }, ...(isLost && { open: undefined, timeline: undefined }) })
      },
      changed: (conversations) => {
        const { open } = store.state
        if (open === undefined || !conversations.includes(open)) return
        void this.timeline.refresh(open)
        if (store.state.group) void this.groups.show()
      },
      broken: (broken) => store.set({ broken }),
      otherBuild: () => store.set({ newBuild: 'outdated' }),
    }
    const tab = new Tab({ store, link: new EngineLink(channel, listeners, newId), clock, prepare })
    this.#tab = tab
    this.account = new AccountActions(tab)
    this.groups = new GroupActions(tab)
    this.profile = new ProfileActions(tab)
    this.notices = new NoticeActions(tab, browser)
    this.search = new SearchActions(tab)
    this.settings = new SettingsActions(tab)
    this.timeline = new TimelineActions(tab)
    this.traces = new TraceActions(tab)
    this.marks = new ChatMarkActions(tab)
    this.pins = new PinActions(tab)
    this.files = new FileActions(tab, this.timeline)
    this.chats = new ChatActions(tab, this.timeline)
    this.people = new PeopleActions(tab, this.timeline)
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

  /** Shows the sheet with all keys, or hides it. */
  showSheet(isShown: boolean): void {
    this.#tab.set({ isSheetShown: isShown || undefined })
  }

  /** Tells a failure to the person. */
  tell(error: unknown): void {
    this.#tab.tell(error)
  }
}
