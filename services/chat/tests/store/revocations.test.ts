import { verifyRevocation } from '@fastchat/crypto/verify'
import { fromBase64Url, type LogEntry } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { readLogEntries } from '../../src/store/log-entries.ts'
import { openRestPod } from './rest-pod.ts'
import { startGroup, type TestDevice, trust } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())

const [ann, ben, cat] = await Promise.all([pod.person(), pod.person(), pod.person()])
const leafOf = (device: TestDevice, others: TestDevice) =>
  others.group!.members().find(({ deviceId }) => deviceId === device.deviceId)!.leafIndex

async function logOf(conversation: string): Promise<LogEntry[]> {
  const { rows } = await pod.pool.query('select id from conversation where pub_id = $1', [conversation])
  return await readLogEntries(pod.pool, { key: rows[0]?.id, after: 0, maxEntries: 50, maxBytes: 1_000_000 })
}

async function pendingIn(conversation: string): Promise<readonly string[]> {
  const { body } = await ann.call('GET', `/v1/conversations/${conversation}`)
  return (body as { revocations: string[] }).revocations
}

test('a revocation is an entry of the log, and stops sends until a commit has removed the leaf', async () => {
  const elsewhere = await startGroup(ann, cat)
  const second = await ben.secondDevice()
  const conversation = await startGroup(ann, ben, second)
  expect(await second.revokedBy(ben)).toBe(1)
  const entry = (await logOf(conversation)).at(-1)
  expect(entry).toMatchObject({ seq: 2, kind: 'revocation', from: ben.deviceId })
  expect(entry?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/)
  const madeAt = Number.parseInt(entry?.id.replace('-', '').slice(0, 12) ?? '', 16)
  expect(Math.abs(madeAt - (entry?.at ?? 0))).toBeLessThan(1_000)
  const { deviceId, userId, accountKey } = second.identity
  expect(await verifyRevocation(fromBase64Url(entry?.envelope ?? ''))).toEqual({ deviceId, userId, accountKey })
  expect(await pendingIn(conversation)).toEqual([entry?.envelope])
  expect(await logOf(elsewhere)).toHaveLength(1)
  expect(await pendingIn(elsewhere)).toEqual([])

  expect(await ann.send('hi')).toMatchObject({ code: 'commit_first' })
  expect(await second.call('GET', '/v1/conversations')).toMatchObject({ code: 'unauthorized' })
  expect(await ann.commit()).toMatchObject({ code: 'commit_first' })
  expect(await ben.commit({ remove: [leafOf(second, ben)], trust })).toMatchObject({ status: 200 })
  expect(await ben.send('hi')).toMatchObject({ ok: true })
  expect(await pendingIn(conversation)).toEqual([])
})

test('conversations above the limit are left to the next call, and none gets two entries', async () => {
  const [dan, eve] = [await pod.person(), await pod.person()]
  const chats = [await startGroup(eve, dan), await startGroup(eve, dan), await startGroup(eve, dan)]
  const told = [await dan.revokedBy(dan, pod.pool, 2), await dan.revokedBy(dan, pod.pool, 2)]
  expect(told).toEqual([2, 1])
  expect(await dan.revokedBy(dan)).toBe(0)
  for (const chat of chats)
    expect((await logOf(chat)).map(({ kind, seq }) => [seq, kind])).toEqual([
      [1, 'commit'],
      [2, 'revocation'],
    ])
  expect(await eve.send('hi')).toMatchObject({ code: 'commit_first' })
})

test('a foreign or unknown device can’t be revoked', async () => {
  const [dan, eve] = [await pod.person(), await pod.person()]
  const posing = Object.assign(Object.create(dan), { identity: { ...dan.identity, userId: eve.userId } }) as TestDevice
  expect(await posing.revokedBy(eve)).toBeUndefined()
  const nobody = { ...dan.identity, deviceId: eve.userId as string as typeof dan.deviceId }
  expect(await (Object.assign(Object.create(dan), { identity: nobody }) as TestDevice).revokedBy(dan)).toBeUndefined()
  expect(await dan.call('GET', '/v1/conversations')).toMatchObject({ status: 200 })
})

test('a device that a commit removes meanwhile is not revoked in that conversation', async () => {
  const second = await ben.secondDevice()
  const conversation = await startGroup(ben, second)
  const blocker = await pod.pool.connect()
  await blocker.query('begin')
  await blocker.query('select from conversation where pub_id = $1 for update', [conversation])
  const removed = ben.commit({ remove: [leafOf(second, ben)], trust })
  await waiting(1)
  const told = second.revokedBy(ben)
  await waiting(2)
  await blocker.query('commit')
  blocker.release()
  expect(await removed).toMatchObject({ status: 200 })
  expect(await told).toBe(0)
  expect(await ben.send('hi')).toMatchObject({ ok: true })
  expect((await logOf(conversation)).map(({ kind }) => kind)).not.toContain('revocation')
})

/** Waits until this many statements wait for a lock. */
async function waiting(count: number): Promise<void> {
  await eventually(async () => {
    const { rows } = await pod.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(rows).toHaveLength(count)
  })
}

test('revocations, sends and commits in the same conversations never deadlock', async () => {
  const people = await Promise.all([pod.person(), pod.person(), pod.person()])
  const seconds = await Promise.all(people.map((one) => one.secondDevice()))
  const [one, two, three] = people as [TestDevice, TestDevice, TestDevice]
  const chats = []
  for (let n = 0; n < 6; n++) chats.push(await startGroup(one, two, three, ...seconds))
  const ends = await Promise.all([
    ...seconds.map((device, n) => device.revokedBy(people[n] as TestDevice)),
    ...people.map((person) => person.send('hi')),
    ...people.map((person) => person.commit()),
    seconds[0]?.send('hi'),
  ])
  expect(ends.slice(0, 3)).toEqual([6, 6, 6])
  for (const chat of chats) {
    const entries = await logOf(chat)
    expect(entries.filter(({ kind }) => kind === 'revocation')).toHaveLength(3)
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1))
  }
})
