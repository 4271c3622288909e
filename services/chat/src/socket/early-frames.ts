import { limits } from '@fastchat/schema'

/** A text frame, or undefined for a binary one. The contract has no binary frames. */
export type EarlyFrame = string | undefined

/**
 * Holds frames that arrive between `hello` and `ready`, in order. They are bounded in number and
 * bytes, since the sender is not known yet. They are kept as text: a buffer would keep the whole
 * chunk that it was read from.
 */
export class EarlyFrames {
  #frames: EarlyFrame[] = []
  #bytes = 0

  /** Adds a frame. Returns false if there is no room for it. */
  add(frame: EarlyFrame, bytes: number): boolean {
    if (this.#frames.length >= limits.maxEarlyFrames || this.#bytes + bytes > limits.maxEarlyBytes) return false
    this.#frames.push(frame)
    this.#bytes += bytes
    return true
  }

  /** Removes and returns all frames, oldest first. */
  take(): readonly EarlyFrame[] {
    const frames = this.#frames
    this.#frames = []
    this.#bytes = 0
    return frames
  }
}
