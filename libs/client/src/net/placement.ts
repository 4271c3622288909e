import { balancerOperations } from '@fastchat/schema'
import { anyPodUrl, ownCandidates } from './origin.ts'
import type { Rest } from './rest.ts'

type Options = {
  readonly rest: Rest
  readonly placeTimeoutMs?: number
  /** Reports a host outside this server's origin that a server has named. */
  readonly tellForeign: (host: string) => void
}

/** After this time without an answer from the balancer, any pod is used. */
const defaultTimeoutMs = 5_000

/** Finds the pods to connect to. */
export class Placement {
  readonly #options: Options
  /** The pods that a closing pod has offered, for the next try only. */
  #offered: readonly string[] = []
  /** The foreign host that was reported last. */
  #toldOf: string | undefined

  constructor(options: Options) {
    this.#options = options
  }

  /** Keeps the pods that a closing pod offers. */
  offer(urls: readonly string[]): void {
    this.#offered = urls
  }

  /**
   * Returns the URLs to try: those that the last pod has offered, or else those of the balancer and
   * then any pod. All are at this server's own origin.
   *
   * @throws {ServerError | Unreachable} when the balancer rejects the request, or can't be reached
   */
  async urls(token: string, stop: AbortSignal): Promise<readonly string[]> {
    const offered = this.#own(this.#offered)
    this.#offered = []
    if (offered.length > 0) return offered
    const candidates = await this.#askBalancer(token, stop)
    return [...this.#own(candidates.map(({ url }) => url)), anyPodUrl(this.#options.rest.baseUrl)]
  }

  /** Asks the balancer for pods. Returns none when it does not answer in time. */
  async #askBalancer(token: string, stop: AbortSignal) {
    const { rest, placeTimeoutMs = defaultTimeoutMs } = this.#options
    const bound = AbortSignal.timeout(placeTimeoutMs)
    try {
      return (await rest.call(balancerOperations.pickPod, { token, signal: AbortSignal.any([stop, bound]) })).candidates
    } catch (error) {
      if (!bound.aborted || stop.aborted) throw error
      return []
    }
  }

  /**
   * Returns the candidates at this server's origin. Reports a foreign host, unless it was the last
   * one reported.
   */
  #own(candidates: readonly string[]): readonly string[] {
    const { urls, foreign } = ownCandidates(this.#options.rest.baseUrl, candidates)
    for (const host of foreign) {
      if (host === this.#toldOf) continue
      this.#toldOf = host
      this.#options.tellForeign(host)
    }
    return urls
  }
}
