import { type ClientFrames, type ConversationId, type ErrorCode, limits, type MessageId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ServerError, Unreachable } from '../errors.ts'
import { limitWork } from '../limit-work.ts'
import type { OutboxRecord } from '../store/records.ts'
import { OutboxSender, type OutboxSenderPort } from './outbox-sender.ts'

/** The server's answer to one send, beside its own rules. */
const fates = ['store', 'store', 'store', 'busy', 'lost answer', 'lost', 'commit'] as const
type Fate = (typeof fates)[number]

const conversation = '01900000-0000-7000-8000-000000000000' as ConversationId
const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}` as MessageId
const refuse = (code: ErrorCode) => new ServerError(code, code, {}, 0)

/**
 * A server that follows the rules of the protocol: epochs, ids, and the hold after a rejection. Its
 * links break on command.
 */
class Server {
  readonly log: { id: MessageId; bytes: string }[] = []
  epoch = 1
  isHeld = false
  isUp = true
  readonly #fates: Fate[]

  constructor(script: Fate[]) {
    this.#fates = [...script]
  }

  receive(frame: ClientFrames['send']): Promise<{ seq: number; at: number }> {
    if (!this.isUp) return Promise.reject(new Unreachable('down'))
    const fate = this.#fates.shift() ?? 'store'
    const answer = this.#judge(frame, fate)
    if (fate === 'lost' || fate === 'lost answer') this.isUp = false
    return Promise.resolve().then(() => {
      if (fate === 'lost' || fate === 'lost answer') throw new Unreachable('cut off')
      if (answer instanceof Error) throw answer
      return answer
    })
  }

  #judge(frame: ClientFrames['send'], fate: Fate): { seq: number; at: number } | Error {
    if (frame.first) this.isHeld = false
    if (fate === 'lost') return refuse('busy')
    const known = this.log.findIndex(({ id }) => id === frame.id)
    if (this.isHeld) return refuse('out_of_line')
    if (known >= 0) return { seq: known + 1, at: 0 }
    if (fate === 'commit') this.epoch++
    if (fate === 'busy' || frame.epoch !== this.epoch) {
      this.isHeld = true
      return refuse(fate === 'busy' ? 'busy' : 'stale_epoch')
    }
    this.log.push({ id: frame.id, bytes: frame.envelope })
    return { seq: this.log.length, at: 0 }
  }
}

/** An outbox whose ratchet gives each encryption of an epoch the next generation, as MLS does. */
class Sender implements OutboxSenderPort {
  readonly records: OutboxRecord[] = []
  readonly server: Server
  readonly resent: string[] = []
  #epoch = 1
  #generation = 0

  constructor(server: Server) {
    this.server = server
  }

  queue(): void {
    const order = this.records.length + 1
    const payload = { v: 1, kind: 'text', text: String(order) } as const
    this.records.push({ id: idOf(order), conversation, order, payload, attachments: [], queuedAt: 0 })
  }

  async prepare(afterOrder: number): Promise<OutboxRecord | undefined> {
    await Promise.resolve()
    if (this.#epoch !== this.server.epoch) {
      this.#epoch = this.server.epoch
      this.#generation = 0
    }
    const waiting = this.records.filter(({ stored }) => !stored)
    const next = waiting.find(({ order }) => order > afterOrder)
    if (!next || !this.server.isUp) return undefined
    if (next.encrypted && !next.isStale) return next
    const earlier = waiting.slice(0, waiting.indexOf(next))
    if (earlier.some((one) => one.isStale || one.encrypted?.epoch !== this.#epoch)) return undefined
    const { isStale: _, ...rest } = next
    const envelope = `${this.#epoch}/${this.#generation++}`
    return this.#put({ ...rest, encrypted: { groupNo: 1, epoch: this.#epoch, envelope } })
  }

  transmit(frame: ClientFrames['send']): Promise<{ seq: number; at: number }> {
    return this.server.receive(frame)
  }

  async stored(id: MessageId, seq: number, at: number): Promise<void> {
    this.#put({ ...this.#of(id), stored: { seq, at } })
  }

  async stale(id: MessageId): Promise<void> {
    this.#put({ ...this.#of(id), isStale: true })
  }

  commitFirst(): number {
    return 1
  }
  outside(): void {}

  trouble(error: unknown): void {
    throw error
  }

  async failed(): Promise<void> {
    throw new Error('nothing in this test is refused for good')
  }

  #of(id: MessageId): OutboxRecord {
    const found = this.records.find((record) => record.id === id)
    if (!found) throw new Error('unknown id')
    return found
  }

  #put(record: OutboxRecord): OutboxRecord {
    this.records[record.order - 1] = record
    return record
  }
}

test('after any rejections and losses each message is stored once, in order, with ascending generations', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...fates), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      async (script, count) => {
        const server = new Server(script)
        const sender = new Sender(server)
        const outbox = new OutboxSender(sender, limitWork(limits.maxUnackedSends))
        for (let n = 0; n < count; n++) sender.queue()
        for (let round = 0; round < 200 && sender.records.some(({ stored }) => !stored); round++) {
          server.isUp = true
          server.isHeld = false
          outbox.pump()
          await outbox.idle()
        }
        expect(server.log.map(({ id }) => id)).toEqual(sender.records.map(({ id }) => id))
        const read = server.log.map(({ bytes }) => bytes.split('/').map(Number))
        for (const [at, [epoch = 0, generation = 0]] of read.entries()) {
          const [lastEpoch = 0, lastGeneration = -1] = read[at - 1] ?? []
          expect(epoch > lastEpoch || (epoch === lastEpoch && generation > lastGeneration)).toBe(true)
        }
      },
    ),
    { numRuns: 300 },
  )
})
