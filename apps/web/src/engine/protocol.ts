import type { ConversationId } from '@fastchat/schema'
import type { AccountCalls } from './calls/account-calls.ts'
import type { ChatCalls } from './calls/chat-calls.ts'
import type { ChatMarkCalls } from './calls/chat-mark-calls.ts'
import type { FileCalls } from './calls/file-calls.ts'
import type { GroupCalls } from './calls/group-calls.ts'
import type { MessageCalls } from './calls/message-calls.ts'
import type { OwnAccountCalls } from './calls/own-account-calls.ts'
import type { PeopleCalls } from './calls/people-calls.ts'
import type { PinCalls } from './calls/pin-calls.ts'
import type { ProfileCalls } from './calls/profile-calls.ts'
import type { PushCalls } from './calls/push-calls.ts'
import type { SearchCalls } from './calls/search-calls.ts'
import type { SettingsCalls } from './calls/settings-calls.ts'
import type { TimelineCalls } from './calls/timeline-calls.ts'
import type { TraceCalls } from './calls/trace-calls.ts'
import type { EngineState, Failure } from './engine-state.ts'

/** The calls of a signed-in device. Each feature has a file in `calls/`. */
export type SessionCalls = ChatCalls &
  ChatMarkCalls &
  FileCalls &
  GroupCalls &
  MessageCalls &
  PeopleCalls &
  ProfileCalls &
  PinCalls &
  PushCalls &
  SearchCalls &
  SettingsCalls &
  TimelineCalls &
  TraceCalls

/** The calls of a tab, each with its input and its result. A repeated call changes nothing more. */
export type Calls = AccountCalls & OwnAccountCalls & SessionCalls
export type CallName = keyof Calls

/** A message of a tab. The first one is `hello`; an engine that begins later says so by itself. */
export type ToEngine =
  | { readonly to: 'engine'; readonly kind: 'hello' }
  /** Erases a store that cannot be read, and begins with an empty one. */
  | { readonly to: 'engine'; readonly kind: 'erase' }
  | {
      readonly to: 'engine'
      readonly kind: 'call'
      readonly id: string
      readonly name: CallName
      readonly input: unknown
    }

/** A message of the engine to all tabs. `term` names the worker that is the engine now. */
export type FromEngine =
  | { readonly to: 'tabs'; readonly kind: 'state'; readonly term: string; readonly state: EngineState }
  | { readonly to: 'tabs'; readonly kind: 'patch'; readonly patch: Partial<EngineState> }
  | { readonly to: 'tabs'; readonly kind: 'changed'; readonly conversations: readonly ConversationId[] }
  | { readonly to: 'tabs'; readonly kind: 'done'; readonly id: string; readonly result: unknown }
  | { readonly to: 'tabs'; readonly kind: 'failed'; readonly id: string; readonly failure: Failure }
  | { readonly to: 'tabs'; readonly kind: 'broken'; readonly failure: Failure }

/**
 * A message with the build of its sender. Messages of another build are not understood: the engine
 * of an older build gives way, and tabs of an older build ask for a reload.
 */
export type Stamped<Message> = Message & { readonly build: string }

/** The channel between the tabs and the engine of one origin. */
export const channelName = 'fastchat'
/** The store of this browser. */
export const homeName = 'fastchat'
