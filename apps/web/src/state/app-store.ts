import type { ConversationId } from '@fastchat/schema'
import type { GroupInfo } from '../engine/calls/group-calls.ts'
import type { PersonInfo } from '../engine/calls/people-calls.ts'
import type { OwnProfile } from '../engine/calls/profile-calls.ts'
import type { EngineState, Failure } from '../engine/engine-state.ts'
import type { Line, Timeline } from '../engine/line.ts'

/** The sections of the settings page. */
export const settingsSections = ['account', 'devices', 'privacy', 'storage', 'appearance'] as const
export type SettingsSection = (typeof settingsSections)[number]
/** Whether this browser tells about new messages. */
export type Notices = {
  /** The browser's own answer; `unsupported` where it cannot tell anything. */
  readonly permission: NotificationPermission | 'unsupported'
  /** The person wants them. */
  readonly isOn: boolean
  /** Texts are shown in them. */
  readonly hasContent: boolean
  /** They come also while no tab is open. */
  readonly isPushed: boolean
  /** The person does not want to be asked. */
  readonly isDeclined: boolean
}

/** The state of one tab. */
export type AppState = {
  /** Absent until an engine has answered. */
  readonly engine?: EngineState
  /** The conversation on the screen. */
  readonly open?: ConversationId
  readonly timeline?: Timeline
  /** The position that a search or a quote leads to. Each jump is another object. */
  readonly marked?: { readonly seq: number }
  /** The panel of the open group is shown. */
  readonly group?: GroupInfo
  /** The panel of a person is shown. */
  readonly person?: PersonInfo
  /** The own profile is shown, to be changed. */
  readonly profile?: OwnProfile
  /** A chat that was removed, as long as this can be taken back. */
  readonly removed?: { readonly conversation: ConversationId; readonly title: string }
  /** The message that is answered or edited in the box. */
  readonly composing?: { readonly kind: 'reply' | 'edit'; readonly line: Line }
  /** The picture that is shown in full size. */
  readonly viewing?: Line
  /** The message of which the person is asked how to delete it. */
  readonly deleting?: Line
  /** The message for which the person chooses chats. */
  readonly forwarding?: Line
  /** The message of which the person sees the wordings and the receipts. */
  readonly tracing?: Line
  /** The search is shown: in one chat, or in all of them. */
  readonly searching?: { readonly conversation?: ConversationId }
  /** The sheet with all keys is shown. */
  readonly isSheetShown?: true
  /** Shown once after the sign-up. */
  readonly recoveryKey?: string
  /** The section of the settings page that is shown. */
  readonly settings?: SettingsSection
  /** The sign-in card tells this, such as that the account is deleted. */
  readonly farewell?: string
  /** The notice that this device has ended is shown in one line. */
  readonly isEndHidden?: true
  /**
   * Another build than that of this tab: `ready` after a reload, or already used by another tab, so
   * that this tab is `outdated`.
   */
  readonly newBuild?: 'ready' | 'outdated'
  readonly notices?: Notices
  /** The engine cannot run in this browser. */
  readonly broken?: Failure
  readonly trouble?: Failure
}

/** One small store: components read it, and actions replace it. */
export class AppStore {
  #state: AppState = {}
  readonly #listeners = new Set<() => void>()

  get state(): AppState {
    return this.#state
  }

  set(change: Partial<{ [Name in keyof AppState]: AppState[Name] | undefined }>): void {
    const next = { ...this.#state, ...change }
    for (const [name, value] of Object.entries(change)) if (value === undefined) delete next[name as keyof AppState]
    // The cast holds because absent values were removed.
    this.#state = next as AppState
    for (const listener of this.#listeners) listener()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
