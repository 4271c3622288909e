import { chatOperations, type PushState } from '@fastchat/schema'
import type { Api } from '../net/api.ts'

/**
 * Lets the server wake this device while its page is closed. A push has no content; the server
 * learns the endpoint, and the push service learns when this device gets messages.
 */
export class WebPush {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Returns the key of the server, if it sends pushes, and the endpoint of this device. */
  async state(signal?: AbortSignal): Promise<PushState> {
    return await this.#api.call(chatOperations.getPush, signal ? { signal } : {})
  }

  /**
   * Lets the server send pushes to an endpoint. It replaces an earlier one.
   *
   * @throws {ServerError} `push_off`, `push_refused`
   */
  async register(endpoint: string, signal?: AbortSignal): Promise<void> {
    await this.#api.call(chatOperations.putPush, { body: { endpoint }, ...(signal && { signal }) })
  }

  /** Ends the pushes to this device. */
  async remove(signal?: AbortSignal): Promise<void> {
    await this.#api.call(chatOperations.deletePush, signal ? { signal } : {})
  }
}
