import { limits } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SendOutcome } from '../../src/domain/ports.ts'
import { seedConversations } from '../store/seed.ts'
import { sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'

let pods: Pods
let slow: Pod
let fast: Pod

beforeAll(async () => {
  pods = await Pods.open()
  slow = await pods.start('slow', { SENDS_PER_SECOND: '2', SEND_BURST: '3' })
  fast = await pods.start('fast')
})
afterAll(() => pods.life.close())

const group = async () => (await seedConversations(pods.pool, { conversations: 1, devices: 2 }))[0]!
const stored = async (conversation: string) => {
  const { rows } = await pods.pool.query<{ id: string }>(
    `select client_id as id from message join conversation c on c.id = conversation_id where pub_id = $1 order by seq`,
    [conversation],
  )
  return rows.map(({ id }) => id)
}

test('a device above its rate is told how long to wait, and no later send overtakes the refused one', async () => {
  const { conversation, sessions } = await group()
  const client = await pods.connect(slow, sessions[0]!)
  const frames = Array.from({ length: 6 }, () => sendFrame(conversation))
  const answers = await Promise.all(frames.map((frame) => client.ask(frame)))
  expect(answers.map((answer) => (answer.t === 'error' ? answer.code : answer.t))).toEqual([
    'ok',
    'ok',
    'ok',
    'rate_limited',
    'out_of_line',
    'out_of_line',
  ])
  expect(answers[3]).toMatchObject({ retryMs: expect.any(Number) })
  // The bucket refills, but the conversation stays held until the client says `first`.
  await eventually(async () => {
    expect(await client.ask(sendFrame(conversation))).toMatchObject({ code: 'out_of_line' })
    expect(await client.ask({ ...frames[3]!, first: true })).toMatchObject({ t: 'ok', seq: 4 })
  })
  await eventually(async () => expect(await client.ask({ ...frames[4]!, first: true })).toMatchObject({ seq: 5 }))
  expect(await stored(conversation)).toEqual(frames.slice(0, 5).map(({ id }) => id))
})

test('a new connection brings no new allowance', async () => {
  const { conversation, sessions } = await group()
  const first = await pods.connect(slow, sessions[0]!)
  for (let n = 0; n < 3; n++) await first.ask(sendFrame(conversation))
  const second = await pods.connect(slow, sessions[0]!)
  expect(await second.ask(sendFrame(conversation))).toMatchObject({ t: 'error', code: 'rate_limited' })
})

test('a final refusal holds the conversation, too', async () => {
  const { conversation, sessions } = await group()
  const client = await pods.connect(fast, sessions[0]!)
  const stale = sendFrame(conversation, { epoch: 0 })
  const behind = sendFrame(conversation)
  const answers = await Promise.all([client.ask(stale), client.ask(behind)])
  expect(answers).toMatchObject([{ code: 'stale_epoch' }, { code: 'out_of_line' }])
  expect(await client.ask({ ...behind, first: true })).toMatchObject({ t: 'ok', seq: 1 })
})

test('a too large envelope is refused, and its conversation is held', async () => {
  const { conversation, sessions } = await group()
  const client = await pods.connect(fast, sessions[0]!)
  const largest = sendFrame(conversation, { bytes: limits.maxEnvelopeBytes })
  const tooLarge = sendFrame(conversation, { bytes: limits.maxEnvelopeBytes + 1 })
  const behind = sendFrame(conversation)
  const answers = await Promise.all([largest, tooLarge, behind].map((frame) => client.ask(frame)))
  expect(answers).toMatchObject([
    { t: 'ok', seq: 1 },
    { t: 'error', code: 'too_large', details: { maxBytes: limits.maxEnvelopeBytes } },
    { t: 'error', code: 'out_of_line' },
  ])
  // With `first` it is refused, too, and the conversation is held again.
  const again = await Promise.all([{ ...tooLarge, first: true }, behind].map((frame) => client.ask(frame)))
  expect(again).toMatchObject([{ code: 'too_large' }, { code: 'out_of_line' }])
  expect(await client.ask({ ...behind, first: true })).toMatchObject({ t: 'ok', seq: 2 })
  expect(await stored(conversation)).toEqual([largest.id, behind.id])
})

test('a held conversation does not hold others', async () => {
  const seeded = await seedConversations(pods.pool, { conversations: 2, devices: 2 })
  const [held, free] = seeded.map(({ conversation }) => conversation)
  const client = await pods.connect(fast, seeded[0]!.sessions[0]!)
  await client.ask(sendFrame(held!, { epoch: 7 }))
  expect(await client.ask(sendFrame(held!))).toMatchObject({ code: 'out_of_line' })
  expect(await client.ask(sendFrame(free!))).toMatchObject({ t: 'ok' })
})

test('a client may retry the sends above its window', async () => {
  const { conversation, sessions } = await group()
  const client = await pods.connect(fast, sessions[0]!)
  const frames = Array.from({ length: limits.maxUnackedSends + 20 }, () => sendFrame(conversation))
  const answers = await Promise.all(frames.map((frame) => client.ask(frame)))
  const accepted = answers.filter(({ t }) => t === 'ok').length
  expect(accepted).toBeGreaterThanOrEqual(limits.maxUnackedSends)
  const refused = answers.slice(accepted).map((answer) => answer.t === 'error' && answer.code)
  if (refused.length > 0) expect(refused).toEqual(['rate_limited', ...refused.slice(1).map(() => 'out_of_line')])
  expect(await stored(conversation)).toEqual(frames.slice(0, accepted).map(({ id }) => id))
})

test('a connection has at most its window of sends in flight', async () => {
  const { conversation, sessions } = await group()
  const { promise: stopped, resolve: stop } = Promise.withResolvers<SendOutcome>()
  let inFlight = 0
  const held = await pods.start('held', {}, ({ writers }) => {
    const submit = () => {
      inFlight++
      return stopped
    }
    return { writers: { ...writers, writer: { ...writers.writer, submit } } }
  })
  const client = await pods.connect(held, sessions[0]!)
  const answers = Array.from({ length: limits.maxUnackedSends + 20 }, () => client.ask(sendFrame(conversation)))
  const refused = await Promise.all(answers.slice(limits.maxUnackedSends))
  expect(refused[0]).toMatchObject({ t: 'error', code: 'rate_limited', retryMs: expect.any(Number) })
  expect(inFlight).toBe(limits.maxUnackedSends)
  stop({ ok: false, code: 'busy' })
  await Promise.all(answers)
  await held.stop()
})

test('a send to a locked conversation is answered busy', async () => {
  const { conversation, sessions } = await group()
  const client = await pods.connect(fast, sessions[0]!)
  const blocker = await pods.pool.connect()
  await blocker.query('begin')
  await blocker.query('select from conversation where pub_id = $1 for update', [conversation])
  expect(await client.ask(sendFrame(conversation))).toMatchObject({ t: 'error', code: 'busy', retryMs: 250 })
  await blocker.query('rollback')
  blocker.release()
})
