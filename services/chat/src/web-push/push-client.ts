import { lookup } from 'node:dns'
import { Agent, request } from 'node:https'
import type { LookupFunction } from 'node:net'
import webPush from 'web-push'
import { isPublicAddress } from './is-public-address.ts'
import type { PushSettings } from './push-settings.ts'
import { pushTarget } from './push-target.ts'

/** The outcome of a push. `gone`: the push service no longer knows the endpoint. */
export type PushResult = 'sent' | 'gone' | 'refused' | 'failed'

const timeoutMs = 10_000
/** Pushes that are under way to one host. */
const maxSockets = 4
/** How long a push service keeps a push for a device that is off: a day. */
const keepSeconds = 24 * 60 * 60
/** A push service keeps only the last of the pushes with one topic. */
const topic = 'message'

/**
 * Sends pushes without content. A redirect is not followed, an answer is not read, and a host whose
 * name leads into a private network gets no connection.
 */
export class PushClient {
  readonly #settings: PushSettings
  readonly #open: Agent
  readonly #inside: Agent

  constructor(settings: PushSettings) {
    this.#settings = settings
    const common = { keepAlive: true, maxSockets, ...(settings.ca !== undefined && { ca: settings.ca }) }
    this.#open = new Agent({ ...common, lookup: publicLookup })
    this.#inside = new Agent(common)
  }

  /** Sends one push. Never rejects. */
  async send(endpoint: string): Promise<PushResult> {
    const { publicKey, privateKey, contact, privateHosts } = this.#settings
    const url = pushTarget(endpoint, this.#settings)
    if (!url) return 'refused'
    try {
      const vapidDetails = { subject: contact, publicKey, privateKey }
      const options = { vapidDetails, TTL: keepSeconds, urgency: 'high', topic } as const
      // The library encrypts only a content, so it asks for no keys of the browser here.
      const { headers } = webPush.generateRequestDetails({ endpoint: url.href, keys: noKeys }, null, options)
      const isInside = privateHosts.includes(url.hostname)
      return resultOf(await post(url, headers, isInside ? this.#inside : this.#open))
    } catch {
      return 'failed'
    }
  }

  close(): void {
    this.#open.destroy()
    this.#inside.destroy()
  }
}

const noKeys = { p256dh: '', auth: '' }

/** Posts without a body, and returns the status. */
async function post(url: URL, headers: Record<string, string | number>, agent: Agent): Promise<number> {
  const status = Promise.withResolvers<number>()
  const signal = AbortSignal.timeout(timeoutMs)
  const asked = request(url, { method: 'POST', headers, agent, signal }, (answer) => {
    status.resolve(answer.statusCode ?? 0)
    // An endless answer must not fill the memory.
    answer.destroy()
  })
  asked.once('error', status.reject).end()
  return await status.promise
}

/** Status codes of RFC 8030 §5 and §7.3. */
function resultOf(status: number): PushResult {
  if (status >= 200 && status < 300) return 'sent'
  return status === 404 || status === 410 ? 'gone' : 'failed'
}

/**
 * Looks a host up for a connection. It fails if any address is not public, so a name cannot lead a
 * push into the network of the server, not even by another answer at a second look.
 */
export const publicLookup: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (error, found) => {
    const inside = found?.find(({ address }) => !isPublicAddress(address))
    const [first] = found ?? []
    if (error || inside || !first) done(error ?? new Error('the host has an address that is not public'), '')
    else if (options.all === true) done(null, found)
    else done(null, first.address, first.family)
  })
}
