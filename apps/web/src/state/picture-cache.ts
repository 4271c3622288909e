import type { PictureOwner } from '../engine/calls/profile-calls.ts'

/** The most pictures whose addresses a tab keeps. */
const maxPictures = 300

/** Keeps the addresses of pictures, so that each is fetched once. */
export class PictureCache {
  readonly #fetch: (owner: PictureOwner) => Promise<string | undefined>
  readonly #known = new Map<string, Promise<string | undefined>>()

  constructor(fetch: (owner: PictureOwner) => Promise<string | undefined>) {
    this.#fetch = fetch
  }

  /** Returns the address of a picture in one of its versions. A failed fetch is tried again. */
  async get(owner: PictureOwner, version: string): Promise<string | undefined> {
    const key = `${'group' in owner ? owner.group : owner.userId}/${version}`
    const known = this.#known.get(key)
    if (known) return await known
    const fetched = this.#fetch(owner)
    this.#known.set(key, fetched)
    const [oldest] = this.#known.keys()
    if (this.#known.size > maxPictures && oldest !== undefined) this.#known.delete(oldest)
    fetched.catch(() => this.#known.delete(key))
    return await fetched
  }
}
