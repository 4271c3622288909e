import {
  Client,
  createRest,
  downloadFile,
  type Enrolled,
  type Entry,
  logIn,
  newMessageId,
  signIn,
  signUp,
  uploadFile,
} from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import type { ConversationId, FileRef, MessageId, Payload, UserId } from '@fastchat/schema'

/**
 * A device in a page, which stores nothing and ends with the page. The test calls it from outside.
 */
class Tab {
  readonly #shown: Entry[] = []
  readonly #troubles: string[] = []
  readonly #rest = createRest(location.origin)
  #client: Client | undefined

  /**
   * Signs up and returns the number of frames that the page could draw while the password was
   * derived.
   */
  async signUp(name: string, password: string): Promise<number> {
    const { made, frames } = await countFrames(() => signUp(this.#rest, name, password))
    await this.#open(made)
    return frames
  }

  async logIn(name: string, password: string): Promise<void> {
    await this.#open(await logIn(this.#rest, name, password))
  }

  get me(): UserId {
    return this.#opened.identity.userId
  }

  get device(): string {
    return this.#opened.identity.deviceId
  }

  /** The pod that it is connected to, or undefined. */
  get pod(): string | undefined {
    const { state } = this.#opened
    return state.state === 'online' ? state.pod : undefined
  }

  get undecryptable(): number {
    return this.#opened.counters.undecryptable
  }

  get troubles(): readonly string[] {
    return this.#troubles
  }

  get names(): (string | undefined)[] {
    return this.#opened.conversations().map(({ name }) => name)
  }

  async openDirect(username: string): Promise<ConversationId> {
    const { userId } = await this.#opened.user(username)
    return (await this.#opened.openDirect(userId)).id
  }

  async createGroup(name: string, usernames: readonly string[]): Promise<ConversationId> {
    const users = await Promise.all(usernames.map((username) => this.#opened.user(username)))
    return (
      await this.#opened.createGroup(
        name,
        users.map(({ userId }) => userId),
      )
    ).id
  }

  /** Sends a text. Resolves when the server has stored it. */
  async send(conversation: ConversationId, text: string): Promise<void> {
    await this.#whenStored(conversation, await this.queue(conversation, text))
  }

  async queue(conversation: ConversationId, text: string): Promise<MessageId> {
    return await this.#queue(conversation, { v: 1, kind: 'text', text })
  }

  /** Draws a picture, sends it, and returns its digest. */
  async sendPicture(conversation: ConversationId): Promise<string> {
    const [width, height] = [320, 200]
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d')
    if (!context) throw new Error('this browser cannot draw')
    // Noise does not compress, so the file has several chunks.
    const noise = context.createImageData(width, height)
    for (let at = 0; at < noise.data.length; at += 65_536) crypto.getRandomValues(noise.data.subarray(at, at + 65_536))
    context.putImageData(noise, 0, 0)
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
    const file = await uploadFile(this.#opened.api, { bytes, name: 'noise.png', mime: 'image/png' })
    const id = await this.#queue(conversation, { v: 1, kind: 'image', file, width, height }, [file.attachment])
    await this.#whenStored(conversation, id)
    return await digest(bytes)
  }

  /** Returns the digests of the pictures from others, after decoding each as a picture. */
  async pictures(): Promise<string[]> {
    const digests: string[] = []
    for (const file of this.#shown.flatMap(({ payload }) => (payload?.kind === 'image' ? [payload.file] : [])))
      digests.push(await this.#picture(file))
    return digests
  }

  texts(conversation?: ConversationId): string[] {
    return this.#shown
      .filter((entry) => conversation === undefined || entry.conversation === conversation)
      .flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
  }

  get #opened(): Client {
    if (!this.#client) throw new Error('nobody has signed in on this page')
    return this.#client
  }

  async #open(enrolled: Enrolled): Promise<void> {
    const store = memoryStore()
    await signIn(location.origin, store, enrolled, 'a page')
    this.#client = await Client.open(location.origin, store)
    this.#client.on('entry', (entry) => this.#shown.push(entry))
    this.#client.on('trouble', ({ message }) => this.#troubles.push(message))
    this.#client.start()
    await this.#client.settled()
  }

  async #queue(conversation: ConversationId, payload: Payload, attachments: string[] = []): Promise<MessageId> {
    const id = newMessageId()
    await this.#opened.conversation(conversation).outbox.queue(id, payload, attachments)
    return id
  }

  async #whenStored(conversation: ConversationId, id: MessageId): Promise<void> {
    await this.#opened.conversation(conversation).outbox.whenStored(id)
  }

  async #picture(file: FileRef): Promise<string> {
    const bytes = await downloadFile(this.#opened.api, file)
    const picture = await createImageBitmap(new Blob([bytes.slice()], { type: file.mime }))
    picture.close()
    return await digest(bytes)
  }
}

declare global {
  var tab: Tab
}

globalThis.tab = new Tab()

/** Returns a SHA-256 in hex. */
async function digest(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Does `work` and counts the frames drawn meanwhile. A page whose thread is busy draws none. */
async function countFrames<T>(work: () => Promise<T>): Promise<{ made: T; frames: number }> {
  let frames = 0
  let isOver = false
  const count = () => {
    frames++
    if (!isOver) requestAnimationFrame(count)
  }
  requestAnimationFrame(count)
  const made = await work()
  isOver = true
  return { made, frames }
}
