import type { PeerName, PeerPairPlan, PeerSocketPlan } from '../driver/calls.ts'

/** Makes names of people and rooms on a peer; no name is used twice. */
export class PeerUsers {
  readonly #peer: PeerName
  readonly #urls: readonly string[]
  #count = 0

  /** @param urls the addresses of the peer's nodes */
  constructor(peer: PeerName, urls: readonly string[]) {
    this.#peer = peer
    this.#urls = urls
  }

  on(node: number, count: number): PeerSocketPlan[] {
    return Array.from({ length: count }, () => this.#next(node))
  }

  spread(count: number): PeerSocketPlan[] {
    return Array.from({ length: count }, (_, n) => this.#next(n))
  }

  pairs(count: number, addressOf: (user: string) => string): PeerPairPlan[] {
    return Array.from({ length: count }, () => {
      const sender = this.#next(0)
      const receiver = this.#next(1)
      return { sender, receiver, to: addressOf(receiver.user) }
    })
  }

  room(): string {
    return `room${++this.#count}`
  }

  #next(node: number): PeerSocketPlan {
    return { peer: this.#peer, url: this.#urls[node % this.#urls.length]!, user: `user${++this.#count}` }
  }
}
