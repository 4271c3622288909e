import type { ConversationId } from '@fastchat/schema'
import { seedDevices, seededSeq, seedGroup } from '@fastchat/tests/seed'
import { signTokens } from '@fastchat/tests/sign-tokens'
import { seedHistory } from '../bench/seed-history.ts'
import type { Journal } from './clients/journal.ts'
import { LightDevice } from './clients/light-device.ts'
import { nowMs } from './clock.ts'

export type CrowdOptions = {
  readonly devices: number
  /** The number of devices in one conversation. By default all are in one. */
  readonly groupSize?: number
  /** The number of entries in each conversation that no device has read. */
  readonly history?: number
  /** The pods to connect to first; each device takes any of these. */
  readonly urls: readonly string[]
  /** True if each device always uses one of the urls, assigned in turn. */
  readonly isSpread?: boolean
}

/** The parts of an installation that a crowd uses. */
export type Server = {
  readonly url: string
  readonly signingKeysFile: string
  readonly sql: (query: string, values?: unknown[]) => Promise<Record<string, unknown>[]>
}

/**
 * Devices that a case adds to the load for a while. They keep no history: the crowd checks entries
 * as they arrive.
 */
export class Crowd {
  readonly #devices: readonly LightDevice[]
  readonly ackMs: number[] = []
  sent = 0
  /** The number of entries that arrived at devices in the order of the log, without a gap. */
  shown = 0
  /** Descriptions of entries that arrived out of order or after a gap. */
  readonly wrong: string[] = []
  /** The times, by `nowMs`, at which connections ended. */
  readonly endedAtMs: number[] = []

  private constructor(start: (crowd: Crowd) => readonly LightDevice[]) {
    this.#devices = start(this)
  }

  static async start(server: Server, random: () => number, options: CrowdOptions): Promise<Crowd> {
    const { devices, groupSize = devices, history = 0, urls, isSpread = false } = options
    const query = (text: string, values: unknown[]) => server.sql(text, values)
    const seeded = await seedDevices(query, devices)
    const tokens = await signTokens(server.signingKeysFile, seeded)
    const conversations: ConversationId[] = []
    for (let first = 0; first < devices; first += groupSize)
      conversations.push(await seedGroup(query, seeded.slice(first, first + groupSize)))
    if (history > 0) await seedHistory(query, conversations, history, { isRead: false })
    return new Crowd((crowd) =>
      seeded.map(({ deviceId: device }, n) => {
        const conversation = conversations[Math.floor(n / groupSize)]
        if (!conversation) throw new Error('a device has no conversation')
        const token = tokens[n] ?? ''
        return new LightDevice({
          device,
          token: () => token,
          pods: isSpread ? urls.slice(n % urls.length, (n % urls.length) + 1) : urls,
          origin: server.url,
          conversations: [conversation],
          journal: crowd.#watch(),
          random,
        })
      }),
    )
  }

  get online(): number {
    return this.#devices.filter(({ link }) => link.isReady).length
  }

  get connects(): number {
    return this.#devices.reduce((sum, { link }) => sum + link.connects, 0)
  }

  /** Returns how many connections ended with a close code. */
  closedWith(code: number): number {
    return this.#devices.reduce((sum, { link }) => sum + (link.closes.get(code) ?? 0), 0)
  }

  /** Returns how many handshakes were answered with an HTTP status. */
  rejectedWith(status: number): number {
    return this.#devices.reduce((sum, { link }) => sum + (link.rejectedHandshakes.get(status) ?? 0), 0)
  }

  /** The number of messages that are not answered yet. */
  get pending(): number {
    return this.#devices.reduce((sum, { pending }) => sum + pending, 0)
  }

  get acked(): number {
    return this.#devices.reduce((sum, { acked }) => sum + acked, 0)
  }

  /** The positions up to which the devices have read. */
  get cursors() {
    return this.#devices.flatMap(({ cursors }) => cursors)
  }

  /** Sends a message from one device, by default the first. */
  send(device = 0): void {
    this.#devices[device]?.send()
  }

  /**
   * Sends one message each `everyMs` until `during` is over. Returns the 99th percentile of the
   * times until their acks, in ms.
   */
  async sendsWhile(everyMs: number, during: () => Promise<unknown>): Promise<number> {
    this.ackMs.length = 0
    const timer = setInterval(() => this.send(), everyMs)
    try {
      await during()
    } finally {
      clearInterval(timer)
    }
    const sorted = this.ackMs.toSorted((a, b) => a - b)
    return sorted[Math.floor(0.99 * sorted.length)] ?? Number.POSITIVE_INFINITY
  }

  stop(): void {
    for (const device of this.#devices) device.link.stop()
  }

  #watch(): Pick<Journal, 'write'> {
    const last = new Map<string, number>()
    const sentAt = new Map<string, number>()
    return {
      write: (...events) => {
        for (const event of events) {
          if (event.op === 'send' && event.type === 'invoke') {
            this.sent++
            sentAt.set(event.id, nowMs())
          }
          if (event.op === 'send' && event.type === 'ok') {
            this.ackMs.push(nowMs() - (sentAt.get(event.id) ?? 0))
            sentAt.delete(event.id)
          }
          if (event.op === 'conn' && event.type === 'down') this.endedAtMs.push(nowMs())
          if (event.op !== 'show') continue
          const before = last.get(event.conv) ?? seededSeq
          if (event.seq !== before + 1) this.wrong.push(`${event.device} ${event.conv}: ${event.seq} after ${before}`)
          last.set(event.conv, event.seq)
          this.shown++
        }
      },
    }
  }
}
