import { systemClock } from '@fastchat/clock'
import { openPool } from '@fastchat/db'
import { eventually, testDatabase } from '@fastchat/testkit'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Delivery, SendOutcome, SendRequest } from '../../src/domain/ports.ts'
import { assertDurable } from '../../src/store/assert-durable.ts'
import { createConversationKeys } from '../../src/store/conversation-keys.ts'
import { createWriter } from '../../src/store/writer.ts'
import { startCutProxy } from './cut-proxy.ts'
import { applicationEnvelope, messageId, type Seeded, seedConversations, seedDevice, sendOf } from './seed.ts'

const database = await testDatabase()
const open = (url = database.url) =>
  openPool(url, { maxConnections: 2, applicationName: 'test', lockTimeoutMs: 300, onIdleError: () => undefined })
const pool = open()
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const dayMs = 24 * 60 * 60 * 1000

function writerOn(sends = pool, fails: () => void = () => {}) {
  const announced: Delivery[] = []
  const batches: number[] = []
  const announce = (delivery: Delivery) => void announced.push(delivery)
  const writer = createWriter({
    pool: sends,
    keys: createConversationKeys(sends),
    announce,
    log: { error: fails },
    onAppend: (rows) => {
      batches.push(rows)
      return () => {}
    },
    clock: systemClock,
  })
  return { ...writer, announced, batches }
}
async function conversation(): Promise<Seeded> {
  const [seeded] = await seedConversations(pool, { conversations: 1, devices: 2 })
  return seeded!
}
/** Creates a send on which the statement fails, and with it the batch. */
const poison = (seeded: Seeded, from: number) => sendOf(seeded, from, { attachments: ['no uuid'] })
const codes = (outcomes: { ok: boolean; code?: string }[]) => outcomes.map((outcome) => outcome.code ?? 'stored')

test('an entry is announced before its ack, with the final bytes of its frame', async () => {
  const chat = await conversation()
  const { submit, announced } = writerOn()
  const send = sendOf(chat, 1)
  const outcome = await submit(send)
  expect(outcome).toMatchObject({ ok: true, seq: 1, duplicate: false })
  expect(announced).toHaveLength(1)
  expect(announced[0]).toMatchObject({ conversation: chat.conversation, key: chat.key, seq: 1, kind: 'application' })
  expect(JSON.parse(announced[0]!.frame.toString())).toEqual({
    t: 'message',
    conversation: chat.conversation,
    seq: 1,
    kind: 'application',
    id: send.id,
    from: send.session.deviceId,
    at: outcome.ok && outcome.at,
    envelope: send.envelope.toString('base64url'),
  })
})

test('a duplicate is announced again, with the original frame', async () => {
  const chat = await conversation()
  const { submit, announced } = writerOn()
  const first = sendOf(chat, 0)
  await submit(first)
  await Promise.all([submit(sendOf(chat, 1)), submit(first)])
  expect(announced.map(({ seq }) => seq)).toEqual([1, 1, 2])
  expect(announced[1]!.frame).toEqual(announced[0]!.frame)
})

test.each<[string, (chat: Seeded) => SendRequest, string]>([
  ['an envelope of another epoch than claimed', (chat) => ({ ...sendOf(chat, 0), epoch: 2 }), 'malformed_handshake'],
  ['an envelope of another group than claimed', (chat) => ({ ...sendOf(chat, 0), groupNo: 2 }), 'malformed_handshake'],
  ['no envelope at all', (chat) => sendOf(chat, 0, { envelope: Buffer.from('hi') }), 'malformed_handshake'],
  ['an id of 31 days ago', (chat) => sendOf(chat, 0, { id: messageId(Date.now() - 31 * dayMs) }), 'id_expired'],
  [
    'an id that has no time',
    (chat) => sendOf(chat, 0, { id: '00000000-0000-4000-8000-000000000000' as SendRequest['id'] }),
    'bad_request',
  ],
])('%s is refused, and so are sends submitted behind it', async (_, bad, code) => {
  const chat = await conversation()
  const { submit } = writerOn()
  const outcomes = await Promise.all([submit(bad(chat)), submit(sendOf(chat, 0)), submit(sendOf(chat, 1))])
  expect(codes(outcomes)).toEqual([code, 'out_of_line', 'stored'])
  expect(await submit(sendOf(chat, 0))).toMatchObject({ ok: true, seq: 2 })
})

test('a conversation is not found if it does not exist or the device has no leaf', async () => {
  const chat = await conversation()
  const stranger = { ...sendOf(chat, 0), session: await seedDevice(pool) }
  const nowhere = sendOf({ ...chat, conversation: messageId() as string as Seeded['conversation'] }, 0)
  const { submit } = writerOn()
  expect(codes(await Promise.all([submit(stranger), submit(nowhere)]))).toEqual(['not_found', 'not_found'])
})

test('a failing row is refused alone, with its device’s later sends', async () => {
  const chats = await seedConversations(pool, { conversations: 40, devices: 2 })
  const { submit } = writerOn()
  const sends = chats.flatMap((chat, n) =>
    n === 17 ? [poison(chat, 0), sendOf(chat, 0), sendOf(chat, 1)] : [sendOf(chat, 0)],
  )
  const outcomes = codes(await Promise.all(sends.map(submit)))
  expect(outcomes.slice(17, 20)).toEqual(['internal', 'out_of_line', 'stored'])
  expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(40)
})

test('a locked conversation is answered busy, and delays no other', async () => {
  const [locked, ...free] = await seedConversations(pool, { conversations: 30, devices: 2 })
  const other = await open().connect()
  await other.query('begin')
  await other.query('select from conversation where id = $1 for update', [locked!.key])
  const { submit } = writerOn()
  const sends = [...free.slice(0, 15), locked!, ...free.slice(15), locked!].map((chat) => sendOf(chat, 0))
  const outcomes = codes(await Promise.all(sends.map(submit)))
  expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(2)
  expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(29)
  await other.query('rollback')
  other.release(true)
  expect(await submit(sendOf(locked!, 0))).toMatchObject({ ok: true, seq: 1 })
})

test('without a database sends are answered busy, and stored once it is back', async () => {
  const chat = await conversation()
  const gone = new URL(database.url)
  gone.port = '1'
  const away = open(gone.href)
  const send = sendOf(chat, 0)
  expect(await writerOn(away).submit(send)).toEqual({ ok: false, code: 'busy', retryMs: 1_000 })
  expect(await writerOn().submit(send)).toMatchObject({ ok: true, seq: 1 })
  await away.end()
})

test('the writer waits once for a hanging database, not again for each batch', async () => {
  const chat = await conversation()
  const hanging = openPool(database.url, {
    maxConnections: 2,
    applicationName: 'test-hanging',
    timeoutMs: 300,
    onIdleError: () => undefined,
  })
  let failures = 0
  const { submit } = writerOn(hanging, () => failures++)
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query('select from conversation where id = $1 for update', [chat.key])
  const sends = Array.from({ length: 450 }, () => sendOf(chat, 0))
  const outcomes = codes(await Promise.all(sends.map(submit)))
  expect([new Set(outcomes), failures]).toEqual([new Set(['busy']), 1])
  await blocker.query('rollback')
  blocker.release()
  // The short timeout is for the hang only: on a busy machine a good answer may take longer.
  const { submit: submitAgain } = writerOn()
  await eventually(async () => expect(await submitAgain(sends[0]!)).toMatchObject({ ok: true, seq: 1 }))
  await hanging.end()
})

test('a send is not acked when the database warns, and a retry is', async () => {
  const chat = await conversation()
  // An operator who cancels the wait for a synchronous standby causes a warning with the success.
  await pool.query(`
    create function warn() returns trigger language plpgsql as $$ begin raise warning 'might not have been replicated'; return null; end $$;
    create trigger warn after insert on append_feed execute function warn()`)
  const { submit, announced } = writerOn()
  const send = sendOf(chat, 0)
  expect(await submit(send)).toMatchObject({ ok: false, code: 'busy' })
  expect(announced).toEqual([])
  await pool.query('drop function warn cascade')
  expect(await submit(send)).toMatchObject({ ok: true, seq: 1, duplicate: true })
})

test('a batch has at most 200 sends and half a megabyte', async () => {
  const chat = await conversation()
  const { submit, batches } = writerOn()
  await Promise.all(Array.from({ length: 450 }, () => submit(sendOf(chat, 0))))
  expect(Math.max(...batches)).toBe(200)
  expect(batches.reduce((sum, rows) => sum + rows)).toBe(450)
  batches.length = 0
  const bytes = 16_000
  const large = () =>
    sendOf(chat, 0, { envelope: applicationEnvelope({ conversation: chat.conversation, groupNo: 1, epoch: 1, bytes }) })
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => submit(large())))
  expect(outcomes.every(({ ok }) => ok)).toBe(true)
  expect(Math.max(...batches) * bytes).toBeLessThanOrEqual(512 * 1024)
})

test('after a connection was cut during a batch, a retry stores each send exactly once', async () => {
  const chat = await conversation()
  const { submit } = writerOn()
  const sends = Array.from({ length: 300 }, () => sendOf(chat, 0))
  const answers = Promise.all(sends.map(submit))
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name = 'test'`,
  )
  const first = await answers
  const refused = first.findIndex((outcome) => !outcome.ok)
  if (refused >= 0) expect(first.slice(refused).every((outcome) => !outcome.ok)).toBe(true)
  for (const [at, send] of sends.entries())
    await eventually(async () => expect(await submit(send)).toMatchObject({ ok: true, seq: at + 1 }))
})

test('a connection lost during a batch fails that batch, not the process', async () => {
  const chat = await conversation()
  const proxy = await startCutProxy(database.url)
  const sends = open(proxy.url)
  const { submit } = writerOn(sends)
  await submit(sendOf(chat, 0))
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query('select from conversation where id = $1 for update', [chat.key])
  const cut = sendOf(chat, 0)
  const outcome = submit(cut)
  await eventually(async () => {
    const { rows } = await pool.query(`select from pg_stat_activity where wait_event_type = 'Lock'`)
    expect(rows).toHaveLength(1)
  })
  // An unhandled `error` of the connection would fail this run as an uncaught exception.
  proxy.cut()
  expect(await outcome).toMatchObject({ ok: false, code: 'busy' })
  await blocker.query('rollback')
  blocker.release()
  expect(await submit(cut)).toMatchObject({ ok: true, seq: 2 })
  await sends.end()
  await proxy.close()
})

test('sends above the queue’s limit are answered busy at once', async () => {
  const chat = await conversation()
  const { submit, idle } = writerOn()
  const send = sendOf(chat, 0)
  const outcomes: string[] = []
  for (let n = 0; n < 5_003; n++)
    void submit(send).then((outcome) => outcomes.push(outcome.ok ? 'stored' : outcome.code))
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)))
  expect(outcomes).toEqual(['busy', 'out_of_line', 'out_of_line'])
  await idle()
  expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(5_000)
})

/**
 * Keeps an outbox for one conversation, as the protocol asks: after a refusal it starts again from
 * its oldest send without a good answer.
 */
function clientOn(submit: (send: SendRequest) => Promise<SendOutcome>) {
  const outbox: { send: SendRequest; isDone: boolean }[] = []
  let mustRestart = false

  function submitOne(item: (typeof outbox)[number]): void {
    void submit(item.send).then((outcome) => {
      const isFinal = outcome.ok || !['out_of_line', 'busy'].includes(outcome.code)
      if (isFinal) item.isDone = true
      if (!outcome.ok) mustRestart = true
    })
  }
  function restart(): void {
    mustRestart = false
    for (const item of outbox) if (!item.isDone) submitOne(item)
  }
  return {
    send(send: SendRequest): void {
      const item = { send, isDone: false }
      outbox.push(item)
      if (mustRestart) restart()
      else submitOne(item)
    },
    restart,
    isDone: () => outbox.every((item) => item.isDone),
    ids: () => outbox.map((item) => item.send.id),
  }
}

test('one device’s sends are stored in the order sent, whichever are refused', async () => {
  const step = fc.record({
    kind: fc.constantFrom('good', 'good', 'good', 'stale', 'poison', 'malformed'),
    from: fc.integer({ min: 0, max: 1 }),
    chat: fc.integer({ min: 0, max: 1 }),
    pause: fc.constantFrom('none', 'none', 'none', 'turn', 'answered'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const chats = await seedConversations(pool, { conversations: 2, devices: 2 })
      const { submit, idle } = writerOn()
      const clients = chats.map(() => [clientOn(submit), clientOn(submit)])
      const good = new Set<string>()
      for (const { kind, from, chat, pause } of steps) {
        const seeded = chats[chat]!
        const changes = kind === 'stale' ? { epoch: 3 } : kind === 'poison' ? { attachments: ['no uuid'] } : {}
        const send = { ...sendOf(seeded, from, changes), ...(kind === 'malformed' && { epoch: 3 }) }
        if (kind === 'good') good.add(send.id)
        clients[chat]![from]!.send(send)
        if (pause === 'turn') await new Promise(setImmediate)
        if (pause === 'answered') await idle()
      }
      await idle()
      while (!clients.flat().every((client) => client.isDone())) {
        for (const client of clients.flat()) client.restart()
        await idle()
      }
      for (const [at, { key, sessions }] of chats.entries()) {
        const { rows } = await pool.query<{ id: SendRequest['id']; device: number; seq: number }>(
          'select client_id as id, sender_device as device, seq from message where conversation_id = $1 order by seq',
          [key],
        )
        expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, n) => n + 1))
        for (const [from, { device }] of sessions.entries()) {
          const stored = rows.filter((row) => row.device === device).map(({ id }) => id)
          expect(stored).toEqual(clients[at]![from]!.ids().filter((id) => good.has(id)))
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('a database with settings that make commits volatile is refused', async () => {
  await assertDurable(pool)
  const url = new URL(database.url)
  url.searchParams.set('options', '-c synchronous_commit=off')
  const careless = open(url.href)
  await expect(assertDurable(careless)).rejects.toThrow('synchronous_commit is off')
  await careless.end()
})
