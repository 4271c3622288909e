import type { ConversationId, UserId } from '@fastchat/schema'
import type { PersonChange } from '../engine/calls/people-calls.ts'
import type { Person } from '../engine/engine-state.ts'
import { CallError } from './engine-link.ts'
import type { Tab } from './tab.ts'
import type { TimelineActions } from './timeline-actions.ts'

/** Shows people, and does what this person decides about them. */
export class PeopleActions {
  readonly #tab: Tab
  readonly #timeline: TimelineActions

  constructor(tab: Tab, timeline: TimelineActions) {
    this.#tab = tab
    this.#timeline = timeline
  }

  /** Shows the panel of a person. */
  async show(userId: UserId): Promise<void> {
    await this.#tab.told(async () => this.#tab.set({ person: await this.#tab.call('personInfo', { userId }) }))
  }

  hide(): void {
    this.#tab.set({ person: undefined })
  }

  /**
   * Decides about a person, and shows the outcome in their panel if it is open. Returns whether it
   * was done.
   */
  async change(userId: UserId, change: PersonChange): Promise<boolean> {
    return await this.#done(async () => {
      const person = await this.#tab.call('changePerson', { userId, change })
      if (this.#tab.state.person?.userId === userId) this.#tab.set({ person })
    })
  }

  /** Takes the other key of a verified person, so that sending goes on. */
  async sendAnyway(userId: UserId): Promise<void> {
    await this.#tab.told(async () => {
      const { change } = await this.#tab.call('personInfo', { userId })
      if (change)
        await this.#tab.call('changePerson', { userId, change: { kind: 'acceptKey', shownKey: change.shownKey } })
    })
  }

  /** @throws {CallError} */
  async list(): Promise<readonly Person[]> {
    return await this.#tab.call('listPeople', {})
  }

  /** Asks who is connected. It is a detail, so no failure is told. */
  async askPresence(conversations: readonly ConversationId[]): Promise<void> {
    await this.#tab.call('askPresence', { conversations }).catch(() => undefined)
  }

  /** Removes a chat for this account only, and offers to take that back. */
  async forget(conversation: ConversationId, title: string): Promise<void> {
    await this.#tab.told(async () => {
      const { undoMs } = await this.#tab.call('forgetChat', { conversation })
      this.#timeline.close()
      const removed = { conversation, title }
      this.#tab.set({ person: undefined, removed })
      setTimeout(() => {
        if (this.#tab.state.removed === removed) this.#tab.set({ removed: undefined })
      }, undoMs)
    })
  }

  /** Takes the latest removal of a chat back, and shows the chat. */
  async undoForget(): Promise<void> {
    await this.#tab.told(async () => {
      const { conversation } = await this.#tab.call('undoForget', {})
      this.#tab.set({ removed: undefined })
      if (conversation !== undefined) await this.#timeline.open(conversation)
    })
  }

  /** Closes a problem, in all tabs. */
  async hideTrouble(id: number): Promise<void> {
    await this.#tab.told(() => this.#tab.call('hideTrouble', { id }))
  }

  /** Tells that the camera cannot be used. */
  refuseCamera(): void {
    this.#tab.tell(new CallError({ code: 'no_camera', message: 'no camera' }))
  }

  async #done(work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      this.#tab.tell(error)
      return false
    }
  }
}
