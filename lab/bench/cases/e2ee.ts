import { newMessageId } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import { Person } from '@fastchat/tests/person'
import { startBenchStack } from '../bench-stack.ts'
import { percentile } from '../percentile.ts'
import { cpuOf } from '../proc.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

/** Signing up takes a second of argon2id for each person, and one process runs all the clients. */
const maxPairs = 8
/**
 * Messages on the way in each pair. More would only wait for the one core that the clients have.
 */
const outstanding = 8
const warmUpMs = 1_000
const restMs = 30_000
/** Returns a text of 200 bytes that begins with its number. */
const text = (n: number): string => `${n} `.padEnd(200, '.')

/**
 * Measures the SDK that people run: it encrypts each message, decrypts it, keeps ratchets, outbox
 * and history, and acks. The clients limit the rate, not the servers, so the figures are for one
 * core of clients.
 */
export async function benchE2ee({ options, say, signal }: Bench): Promise<readonly Row[]> {
  const count = Math.min(maxPairs, Math.floor(options.users / 2))
  say(`e2ee: signing up ${2 * count} people …`)
  const { stack, servers } = await startBenchStack(2)
  const pairs: EncryptedPair[] = []
  try {
    for (let n = 0; n < count; n++) {
      signal.throwIfAborted()
      const sender = await Person.signUp(stack.url, `sender-${n}`, { pod: stack.pod(0) })
      const receiver = await Person.signUp(stack.url, `receiver-${n}`, { pod: stack.pod(1) })
      pairs.push(await EncryptedPair.open(sender, receiver))
    }
    say('e2ee: measuring …')
    for (const pair of pairs) pair.start()
    await pause(warmUpMs)
    for (const pair of pairs) pair.take()
    const [before, ownBefore, startedAt] = [await cpuOf(servers), process.cpuUsage(), performance.now()]
    await pause(options.seconds * 1000)
    signal.throwIfAborted()
    const tookMs = Float64Array.from(pairs.flatMap((pair) => pair.take()))
    const seconds = (performance.now() - startedAt) / 1000
    const [after, own] = [await cpuOf(servers), process.cpuUsage(ownBefore)]
    await Promise.all(pairs.map((pair) => pair.rest()))
    const spent = Object.keys(after).reduce((sum, part) => sum + (after[part] ?? 0) - (before[part] ?? 0), 0)
    const clients = own.user + own.system
    const undecryptable = pairs.reduce((sum, pair) => sum + pair.undecryptable, 0)
    const note = `${count} pairs of SDK clients in one process, which encrypts and decrypts for both sides`
    const messages = tookMs.length
    return [
      rowOf({ name: 'e2ee, rate', unit: 'msg/s', note }, messages / seconds),
      rowOf({ name: 'e2ee, rate for a core of clients', unit: 'msg/s' }, messages / (clients / 1_000_000)),
      rowOf({ name: 'e2ee, p50 from queued to shown', unit: 'ms' }, percentile(tookMs, 0.5)),
      rowOf({ name: 'e2ee, p99 from queued to shown', unit: 'ms' }, percentile(tookMs, 0.99)),
      rowOf({ name: 'e2ee, CPU of the clients', unit: 'µs/msg' }, clients / messages),
      rowOf({ name: 'e2ee, CPU of all servers', unit: 'µs/msg' }, spent / messages),
      rowOf({ name: 'e2ee, undecryptable', unit: 'messages', targets: [{ atMost: 0 }] }, undecryptable),
    ]
  } finally {
    await Promise.all(pairs.map((pair) => pair.close()))
    await stack.stop()
  }
}

/** Sends numbered texts from one person to another, and keeps a fixed number of them on the way. */
class EncryptedPair {
  readonly #sender: Person
  readonly #receiver: Person
  readonly #conversation: ConversationId
  readonly #queuedAt: number[] = []
  #tookMs: number[] = []
  #shown = 0
  #isSending = false
  #fault: string | undefined

  private constructor(sender: Person, receiver: Person, conversation: ConversationId) {
    this.#sender = sender
    this.#receiver = receiver
    this.#conversation = conversation
    receiver.client.on('entry', ({ payload }) => {
      if (payload?.kind === 'text') this.#show(payload.text)
    })
  }

  static async open(sender: Person, receiver: Person): Promise<EncryptedPair> {
    const hello = 'hello'
    const { conversation } = await sender.queue(receiver, hello)
    await receiver.sees(hello)
    return new EncryptedPair(sender, receiver, conversation)
  }

  get undecryptable(): number {
    return this.#sender.client.counters.undecryptable + this.#receiver.client.counters.undecryptable
  }

  start(): void {
    this.#isSending = true
    for (let n = 0; n < outstanding; n++) this.#send()
  }

  /** Returns how long each message took since the last call, in ms. */
  take(): number[] {
    const taken = this.#tookMs
    this.#tookMs = []
    return taken
  }

  /**
   * Stops sending and waits for the texts on the way. @throws Error unless each text was shown
   * once, in order and unchanged
   */
  async rest(): Promise<void> {
    this.#isSending = false
    const deadline = performance.now() + restMs
    while (this.#shown < this.#queuedAt.length && this.#fault === undefined && performance.now() < deadline)
      await pause(10)
    if (this.#fault !== undefined) throw new Error(this.#fault)
    if (this.#shown < this.#queuedAt.length)
      throw new Error(`of ${this.#queuedAt.length} texts ${this.#shown} were shown`)
  }

  async close(): Promise<void> {
    await Promise.all([this.#sender.offline(), this.#receiver.offline()])
  }

  #send(): void {
    const n = this.#queuedAt.push(performance.now()) - 1
    const { outbox } = this.#sender.client.conversation(this.#conversation)
    outbox.queue(newMessageId(), { v: 1, kind: 'text', text: text(n) }).catch((error: Error) => {
      this.#fault = error.message
    })
  }

  #show(shown: string): void {
    const queuedAt = this.#queuedAt[this.#shown]
    if (queuedAt === undefined || shown !== text(this.#shown)) {
      this.#fault ??= `shown "${shown.slice(0, 8)}" instead of ${this.#shown}`
      return
    }
    this.#shown++
    this.#tookMs.push(performance.now() - queuedAt)
    if (this.#isSending) this.#send()
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
