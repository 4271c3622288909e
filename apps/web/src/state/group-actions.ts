import type { ConversationId } from '@fastchat/schema'
import type { GroupChange } from '../engine/calls/group-calls.ts'
import type { Tab } from './tab.ts'

/** Shows and changes the open group. */
export class GroupActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** Shows the panel of the open group. */
  async show(): Promise<void> {
    const { open } = this.#tab.state
    if (open === undefined) return
    await this.#tab.told(async () => {
      const group = await this.#tab.call('groupInfo', { conversation: open })
      if (this.#tab.state.open === open) this.#tab.set({ group })
    })
  }

  hide(): void {
    this.#tab.set({ group: undefined })
  }

  /** Leaves a group that this person did not ask for. */
  async leave(conversation: ConversationId): Promise<void> {
    await this.#tab.told(() => this.#tab.call('changeGroup', { conversation, change: { kind: 'leave' } }))
  }

  /** Changes the open group, and shows the outcome in its panel. */
  async change(change: GroupChange): Promise<void> {
    const { open } = this.#tab.state
    if (open === undefined) return
    await this.#tab.told(async () => {
      const group = await this.#tab.call('changeGroup', { conversation: open, change })
      if (this.#tab.state.open === open && this.#tab.state.group) this.#tab.set({ group })
    })
  }
}
