import { limits } from '@fastchat/schema'

/** A text frame, or undefined for a binary one, which no frame of the contract is. */
export type EarlyFrame = string | undefined

/**
 * Frames that arrive between `hello` and `ready`, in order. Bounded in number and bytes, because nobody knows yet who
 * sends them. Holds texts and not buffers: a buffer would keep the whole chunk that it was read in.
 */
export class EarlyFrames {
  #frames: EarlyFrame[] = []
  #bytes = 0

  /** False, and the frame is not kept, when there is no room for it. */
  add(frame: EarlyFrame, bytes: number): boolean {
    if (this.#frames.length >= limits.maxEarlyFrames || this.#bytes + bytes > limits.maxEarlyBytes) return false
    this.#frames.push(frame)
    this.#bytes += bytes
    return true
  }

  /** All frames, oldest first; nothing is kept. */
  take(): readonly EarlyFrame[] {
    const frames = this.#frames
    this.#frames = []
    this.#bytes = 0
    return frames
  }
}
