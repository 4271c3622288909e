import { testDatabase } from '@fastchat/testkit'
import { type Query, seedConversations, seedDevices, seededEpoch, seededGroupNo } from '@fastchat/tests/seed'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { postgresPid } from '../bench-stack.ts'
import { opaqueEnvelope } from '../envelope.ts'
import { percentile } from '../percentile.ts'
import { cpuOf } from '../proc.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

const conversationCount = 500
/** The number of rows that a pod puts into one batch at most. */
const batchRows = 200
const warmUpMs = 1_000
const targets = [{ atLeast: 15_000 }]

/**
 * Measures the append function alone, with one batch in flight. Client, settings and statement are
 * those of a pod; they are repeated here, since this package must not import a service.
 */
export async function benchAppend({ options: { seconds }, say, signal }: Bench): Promise<readonly Row[]> {
  say('append: filling a database …')
  const database = await testDatabase()
  const pool = openPool(database.url)
  try {
    const query: Query = async (text, values) => (await pool.query<Record<string, unknown>>(text, values)).rows
    const appender = new Appender(pool, await seedSenders(query), signal)
    const postgres = { postgres: await postgresPid(query) }
    say('append: measuring …')
    await appender.run(warmUpMs)
    const before = await cpuOf(postgres)
    const ownBefore = process.cpuUsage()
    const startedAt = performance.now()
    const batchMs = await appender.run(seconds * 1000)
    const elapsedMs = performance.now() - startedAt
    const own = process.cpuUsage(ownBefore)
    const after = await cpuOf(postgres)
    const messages = batchMs.length * batchRows
    await appender.checkStored()
    const note = `batches of ${batchRows} from ${conversationCount} conversations, one in flight, by a copy of the pod's statement`
    return [
      rowOf({ name: 'append, rate', unit: 'msg/s', note, targets }, messages / (elapsedMs / 1000)),
      rowOf({ name: 'append, p50 of a batch', unit: 'ms' }, percentile(batchMs, 0.5)),
      rowOf({ name: 'append, p99 of a batch', unit: 'ms' }, percentile(batchMs, 0.99)),
      rowOf({ name: 'append, CPU of PostgreSQL', unit: 'µs/msg' }, (after.postgres! - before.postgres!) / messages),
      rowOf({ name: 'append, CPU of the client', unit: 'µs/msg' }, (own.user + own.system) / messages),
    ]
  } finally {
    await pool.end()
    await database.drop()
  }
}

/** A sender in a conversation, by their keys in the database. */
type Sender = { readonly conversation: number; readonly device: number; readonly envelope: string }

async function seedSenders(query: Query): Promise<readonly Sender[]> {
  const devices = await seedDevices(query, 2 * conversationCount)
  const pairs = Array.from({ length: conversationCount }, (_, n) => [devices[2 * n]!, devices[2 * n + 1]!] as const)
  const ids = await seedConversations(
    query,
    pairs.map((between) => ({ kind: 'direct', between })),
  )
  const rows = await query(
    `select c.id as conversation, l.device_id as device
     from unnest($1::uuid[]) with ordinality x (id, n) join conversation c on c.pub_id = x.id
     join leaf l on l.conversation_id = c.id and l.leaf_index = 0 order by x.n`,
    [ids],
  )
  return rows.map(({ conversation, device }, n) => ({
    conversation: Number(conversation),
    device: Number(device),
    envelope: `\\\\x${opaqueEnvelope(ids[n]!).toString('hex')}`,
  }))
}

class Appender {
  readonly #pool: pg.Pool
  readonly #senders: readonly Sender[]
  readonly #signal: AbortSignal
  #turn = 0
  #stored = 0

  constructor(pool: pg.Pool, senders: readonly Sender[], signal: AbortSignal) {
    this.#pool = pool
    this.#senders = senders
    this.#signal = signal
  }

  /** Appends one batch after the other for `forMs`. Returns how long each took, in ms. */
  async run(forMs: number): Promise<Float64Array> {
    const batchMs: number[] = []
    for (const endMs = performance.now() + forMs; performance.now() < endMs; ) {
      this.#signal.throwIfAborted()
      const startedAt = performance.now()
      await this.#append()
      batchMs.push(performance.now() - startedAt)
    }
    return Float64Array.from(batchMs)
  }

  /**
   * Compares the log with what was stored. @throws Error when a message is missing or the numbers
   * have a gap
   */
  async checkStored(): Promise<void> {
    const { rows } = await this.#pool.query<{ stored: number; numbered: number }>(
      'select (select count(*) from message)::int as stored, (select sum(last_seq - floor_seq) from conversation)::int as numbered',
    )
    if (rows[0]?.stored !== this.#stored || rows[0].numbered !== this.#stored)
      throw new Error(`${this.#stored} messages were stored, but the log has ${JSON.stringify(rows[0])}`)
  }

  async #append(): Promise<void> {
    const batch = Array.from({ length: batchRows }, () => this.#senders[this.#turn++ % this.#senders.length]!)
    const { rows } = await this.#pool.query<{ code: number }>({
      name: 'append_batch',
      text: 'select ord, code, seq, at from append_batch($1, $2, $3, $4, $5, $6, $7, $8)',
      values: [
        arrayOf(batch.map(({ conversation }) => conversation)),
        arrayOf(batch.map(({ device }) => device)),
        arrayOf(batch.map(() => uuidv7())),
        arrayOf(batch.map(() => seededGroupNo)),
        arrayOf(batch.map(() => seededEpoch)),
        arrayOf(batch.map(({ envelope }) => envelope)),
        '{}',
        '{}',
      ],
    })
    const refused = rows.find(({ code }) => code !== 0)
    if (rows.length !== batchRows || refused) throw new Error(`append_batch answered ${JSON.stringify(refused)}`)
    this.#stored += rows.length
  }
}

function openPool(databaseUrl: string): pg.Pool {
  const settings = { max: 2, lock_timeout: 300, statement_timeout: 5_000, query_timeout: 5_000, keepAlive: true }
  return new pg.Pool({ connectionString: databaseUrl, ...settings })
}

const arrayOf = (items: readonly (string | number)[]): string => `{${items.join(',')}}`
