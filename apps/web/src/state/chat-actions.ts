import { newConversationId } from '@fastchat/client/ids'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Person } from '../engine/engine-state.ts'
import type { Tab } from './tab.ts'
import type { TimelineActions } from './timeline-actions.ts'

/** Finds people, and begins chats. */
export class ChatActions {
  readonly #tab: Tab
  readonly #timeline: TimelineActions

  constructor(tab: Tab, timeline: TimelineActions) {
    this.#tab = tab
    this.#timeline = timeline
  }

  /** @throws {CallError} */
  async findPeople(query: string): Promise<readonly Person[]> {
    return await this.#tab.call('findPeople', { query })
  }

  async openDirect(userId: UserId): Promise<void> {
    await this.#tab.told(async () => this.#timeline.open(await this.#tab.call('openDirect', { userId })))
  }

  async createGroup(name: string, users: readonly UserId[]): Promise<void> {
    const id = newConversationId()
    await this.#tab.told(async () => this.#timeline.open(await this.#tab.call('createGroup', { id, name, users })))
  }

  async markRead(conversation: ConversationId, seq: number): Promise<void> {
    await this.#tab.told(() => this.#tab.call('markRead', { conversation, seq }))
  }

  async acceptChat(conversation: ConversationId): Promise<void> {
    await this.#tab.told(() => this.#tab.call('acceptChat', { conversation }))
  }

  async retryNow(): Promise<void> {
    await this.#tab.told(() => this.#tab.call('retryNow', {}))
  }
}
