import type { PictureOwner } from '../engine/calls/profile-calls.ts'
import { CallError } from './engine-link.ts'
import { PictureCache } from './picture-cache.ts'
import type { Tab } from './tab.ts'

/** Shows pictures of people and groups, and changes the own profile. */
export class ProfileActions {
  readonly #tab: Tab
  readonly #pictures: PictureCache

  constructor(tab: Tab) {
    this.#tab = tab
    this.#pictures = new PictureCache(async (owner) => {
      const blob = await this.#tab.call('picture', owner)
      return blob && URL.createObjectURL(blob)
    })
  }

  /** Returns the address of a picture for this page. `version` is another one when it changes. */
  async picture(owner: PictureOwner, version: string): Promise<string | undefined> {
    return await this.#pictures.get(owner, version).catch(() => undefined)
  }

  async show(): Promise<void> {
    await this.#tab.told(async () => this.#tab.set({ profile: await this.#tab.call('ownProfile', {}) }))
  }

  hide(): void {
    this.#tab.set({ profile: undefined })
  }

  /** Changes the own name or picture. `null` removes it. */
  async save(change: { readonly name?: string | null; readonly picture?: Blob | null }): Promise<void> {
    await this.#tab.told(async () => {
      const profile = await this.#tab.call('setProfile', change)
      if (this.#tab.state.profile) this.#tab.set({ profile })
    })
  }

  /** Tells that a file is no picture that this browser can show. */
  refusePicture(): void {
    this.#tab.tell(new CallError({ code: 'not_a_picture', message: 'no picture' }))
  }
}
