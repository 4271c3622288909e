import { randomBytes, randomUUID } from 'node:crypto'
import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { appendBatch } from '../../src/store/append-batch.ts'
import { messageId, type Seeded, seedConversations, seedDevice, sendOf } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 4, applicationName: 'test', onIdleError: () => undefined })
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const stranger = await seedDevice(pool)
async function conversation(): Promise<Seeded> {
  const [seeded] = await seedConversations(pool, { conversations: 1, devices: 2 })
  return seeded!
}
const append = (seeded: Seeded, ...sends: ReturnType<typeof sendOf>[]) =>
  appendBatch(
    pool,
    sends.map((send) => ({ key: seeded.key, send })),
  )
const brief = (outcomes: Awaited<ReturnType<typeof append>>) =>
  outcomes.map((outcome) => (outcome.ok ? [outcome.seq, outcome.duplicate ? 'duplicate' : 'stored'] : outcome.code))

async function logOf({ key }: Seeded) {
  const { rows } = await pool.query<{ seq: number; id: string; envelope: Buffer }>(
    'select seq, client_id as id, envelope from message where conversation_id = $1 order by seq',
    [key],
  )
  return rows
}

async function attachment(owner: Seeded, uploader = 0, complete = true): Promise<string> {
  const id = randomUUID()
  const sql = 'insert into attachment (pub_id, device_id, size, complete) values ($1, $2, 1, $3)'
  await pool.query(sql, [id, owner.sessions[uploader]!.device, complete])
  return id
}

test('an accepted batch is numbered in its order, with one feed row', async () => {
  const [a, b] = await seedConversations(pool, { conversations: 2, devices: 2 })
  const rows = [a!, b!, a!, a!, b!].map((seeded) => ({ key: seeded.key, send: sendOf(seeded, 0) }))
  const outcomes = await appendBatch(pool, rows)
  expect(outcomes.map((outcome) => outcome.ok && outcome.seq)).toEqual([1, 1, 2, 3, 2])
  expect((await logOf(a!)).map(({ id }) => id)).toEqual([rows[0], rows[2], rows[3]].map((row) => row!.send.id))
  const { rows: feed } = await pool.query(
    'select heads::text, convs::text from append_feed where $1 = any (convs) order by id',
    [a!.key],
  )
  expect(feed).toHaveLength(1)
  expect(feed[0]).toMatchObject({ convs: expect.stringContaining(String(b!.key)) })
})

test('each send of a mixed batch gets the right answer', async () => {
  const chat = await conversation()
  const a = sendOf(chat, 0)
  const other = { ...a, envelope: sendOf(chat, 0).envelope }
  const b = sendOf(chat, 1)
  const outcomes = await append(chat, a, a, other, { ...sendOf(chat, 0), session: stranger }, b)
  expect(brief(outcomes)).toEqual([[1, 'stored'], [1, 'duplicate'], 'conflict', 'not_found', [2, 'stored']])
  expect(outcomes[1]).toMatchObject({ at: outcomes[0]!.ok && outcomes[0]!.at })
  const later = await append(chat, a, other, sendOf(chat, 0))
  expect(brief(later)).toEqual([[1, 'duplicate'], 'conflict', 'out_of_line'])
  expect(later[0]).toMatchObject({ at: outcomes[0]!.ok && outcomes[0]!.at })
  expect((await logOf(chat)).map(({ envelope }) => envelope)).toEqual([a.envelope, b.envelope])
})

test('a duplicate is recognised after its epoch, leaf and group have ended', async () => {
  const chat = await conversation()
  const send = sendOf(chat, 0)
  await append(chat, send)
  await pool.query('update conversation set epoch = 9, group_no = 3, pending_ver = 2 where id = $1', [chat.key])
  await pool.query('update leaf set to_seq = 1 where conversation_id = $1', [chat.key])
  expect(brief(await append(chat, send))).toEqual([[1, 'duplicate']])
})

test('only the current epoch is accepted, and no send while a removal is due', async () => {
  const chat = await conversation()
  const wrongEpoch = sendOf(chat, 0, { epoch: 2 })
  const wrongGroup = sendOf(chat, 1, { groupNo: 2 })
  // A batch without any other fault takes another path.
  const both = [wrongEpoch, sendOf(chat, 1, { epoch: 2 })]
  for (const sends of [[wrongEpoch], [wrongGroup], both, [wrongEpoch, wrongGroup]])
    expect(brief(await append(chat, ...sends))).toEqual(sends.map(() => 'stale_epoch'))
  await pool.query('update conversation set pending_ver = 1 where id = $1', [chat.key])
  expect(brief(await append(chat, sendOf(chat, 0)))).toEqual(['commit_first'])
  expect(brief(await append(chat, sendOf(chat, 0), sendOf(chat, 1)))).toEqual(['commit_first', 'commit_first'])
})

test('a message alone in its batch is treated like one among others', async () => {
  const chat = await conversation()
  const [first, second, third] = [sendOf(chat, 0), sendOf(chat, 1), sendOf(chat, 0)]
  expect(brief(await append(chat, first))).toEqual([[1, 'stored']])
  expect(brief(await append(chat, second, third))).toEqual([
    [2, 'stored'],
    [3, 'stored'],
  ])
  expect(brief(await append(chat, first))).toEqual([[1, 'duplicate']])
  expect(brief(await append(chat, { ...first, envelope: second.envelope }))).toEqual(['conflict'])
  expect(brief(await append(chat, { ...sendOf(chat, 0), session: stranger }))).toEqual(['not_found'])
  await pool.query('update leaf set to_seq = 3 where conversation_id = $1 and device_id = $2', [
    chat.key,
    chat.sessions[1]!.device,
  ])
  expect(brief(await append(chat, sendOf(chat, 1)))).toEqual(['not_found'])
  expect(brief(await append(chat, sendOf(chat, 0)))).toEqual([[4, 'stored']])
  expect((await logOf(chat)).map(({ seq, envelope }) => [seq, envelope])).toEqual([
    [1, first.envelope],
    [2, second.envelope],
    [3, third.envelope],
    [4, expect.anything()],
  ])
  const heads = 'select heads from append_feed where $1 = any (convs) order by id'
  expect((await pool.query(heads, [chat.key])).rows).toEqual([['1'], ['3'], ['4']].map((each) => ({ heads: each })))
})

test('a device whose leaf has ended is refused', async () => {
  const chat = await conversation()
  const device = chat.sessions[0]!.device
  await pool.query('update leaf set to_seq = 1 where conversation_id = $1 and device_id = $2', [chat.key, device])
  expect(brief(await append(chat, sendOf(chat, 0), sendOf(chat, 1)))).toEqual(['not_found', [1, 'stored']])
})

test('behind a refusal only the device’s fresh sends to that conversation are refused', async () => {
  const [chat, elsewhere] = await seedConversations(pool, { conversations: 2, devices: 2 })
  const known = sendOf(chat!, 0)
  await append(chat!, known)
  const stale = sendOf(chat!, 0, { epoch: 7 })
  const rows = [stale, sendOf(chat!, 0), known, sendOf(chat!, 1), sendOf(chat!, 0)].map((send) => ({
    key: chat!.key,
    send,
  }))
  const outcomes = await appendBatch(pool, [
    ...rows,
    { key: elsewhere!.key, send: { ...sendOf(elsewhere!, 0), session: chat!.sessions[0]! } },
    { key: elsewhere!.key, send: sendOf(elsewhere!, 0) },
  ])
  expect(brief(outcomes)).toEqual([
    'stale_epoch',
    'out_of_line',
    [1, 'duplicate'],
    [2, 'stored'],
    'out_of_line',
    [1, 'stored'],
    [2, 'stored'],
  ])
})

test('an attachment is bound to the one message that names it', async () => {
  const chat = await conversation()
  const [mine, second] = [await attachment(chat), await attachment(chat)]
  const [theirs, unfinished] = [await attachment(chat, 1), await attachment(chat, 0, false)]
  const send = sendOf(chat, 0, { attachments: [mine, second] })
  expect(brief(await append(chat, send))).toEqual([[1, 'stored']])
  const bound = await pool.query('select seq from attachment where pub_id = any ($1)', [[mine, second]])
  expect(bound.rows).toEqual([{ seq: 1 }, { seq: 1 }])
  for (const bad of [theirs, unfinished, mine, randomUUID()]) {
    const fresh = await attachment(chat)
    const refusedSend = sendOf(chat, 0, { attachments: [fresh, bad] })
    expect(brief(await append(chat, refusedSend))).toEqual(['attachment_unknown'])
    const { rows } = await pool.query('select seq from attachment where pub_id = $1', [fresh])
    expect(rows).toEqual([{ seq: null }])
  }
  expect(brief(await append(chat, send))).toEqual([[1, 'duplicate']])
  const third = await attachment(chat)
  const twice = [sendOf(chat, 0, { attachments: [third] }), sendOf(chat, 0, { attachments: [third] })]
  expect(brief(await append(chat, ...twice))).toEqual([[2, 'stored'], 'attachment_unknown'])
})

test('three writers with the same ids leave no hole and no duplicate, and give equal answers', async () => {
  const chats = await seedConversations(pool, { conversations: 5, devices: 2 })
  const sends = Array.from({ length: 2_000 }, (_, n) => {
    const seeded = chats[n % chats.length]!
    return { key: seeded.key, send: sendOf(seeded, n % 2, { id: messageId() }) }
  })
  const answers = await Promise.all(
    [1, 2, 3].map(async () => {
      const shuffled = sends
        .map((row) => ({ row, rank: randomBytes(4).readUInt32BE() }))
        .sort((a, b) => a.rank - b.rank)
      const seqs = new Map<string, number>()
      for (let at = 0; at < shuffled.length; at += 50) {
        const batch = shuffled.slice(at, at + 50).map(({ row }) => row)
        const outcomes = await appendBatch(pool, batch)
        batch.forEach(({ send }, n) => {
          const outcome = outcomes[n]!
          if (outcome.ok) seqs.set(send.id, outcome.seq)
        })
      }
      return seqs
    }),
  )
  expect(answers[0]!.size).toBe(2_000)
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
  for (const seeded of chats) {
    const log = await logOf(seeded)
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1))
    expect(new Set(log.map(({ id }) => id)).size).toBe(400)
    const { rows } = await pool.query('select last_seq from conversation where id = $1', [seeded.key])
    expect(rows).toEqual([{ last_seq: 400 }])
  }
})
