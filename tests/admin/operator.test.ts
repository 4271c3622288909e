import { ServerError } from '@fastchat/client'
import { eventually } from '@fastchat/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeMachines, Machine } from '../cli/machine.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'
import { answerAdmin, runAdmin } from './run-admin.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack.stop()
})

const env = () => ({
  DATABASE_URL: stack.databaseUrl,
  REDIS_URL: stack.redis.url,
  POD_HMAC_KEY_FILE: stack.podHmacKeyFile,
})
const admin = (...args: string[]) => runAdmin(env(), ...args, '--json')

/** Runs a command that must succeed and returns its rows. */
async function must(...args: string[]) {
  const { code, err, rows } = await admin(...args)
  if (code !== 0) throw new Error(`fastchat-admin ${args.join(' ')}: ${err}`)
  return rows
}

test('a user signs up with the invitation that the operator made', async () => {
  await must('signup', 'invite')
  expect(await must('signup')).toEqual([{ signup: 'invite' }])
  const machine = new Machine(stack.url)
  const without = await machine.run('signup', 'ivy')
  expect([without.code, without.err]).toEqual([1, expect.stringContaining('by invitation only')])
  const [made] = await must('invites', 'create', '--note', 'for ivy')
  await machine.must('signup', 'ivy', '--invite', String(made?.code).toLowerCase())
  expect(await must('invites', 'list', '--all')).toMatchObject([
    { id: made?.id, note: 'for ivy', usesLeft: 0, by: 'ivy' },
  ])
  const [second] = await must('invites', 'create')
  await must('invites', 'revoke', String(second?.id))
  const late = await new Machine(stack.url).run('signup', 'late', '--invite', String(second?.code))
  expect([late.code, late.err]).toEqual([1, expect.stringContaining('Ask the person who gave it to you')])
  await must('signup', 'closed')
  const closed = await new Machine(stack.url).run('signup', 'late')
  expect([closed.code, closed.err]).toEqual([1, expect.stringContaining('takes no new accounts')])
  await must('signup', 'open')
})

test('a disabled user’s sockets close within a sweep, and every way in is closed until they are enabled', async () => {
  const [mia, ned] = [await Person.signUp(stack.url, 'mia'), await Person.signUp(stack.url, 'ned')]
  await mia.send(ned, 'before')
  await ned.sees('before')
  expect(await must('users', 'disable', 'mia')).toEqual([{ name: 'mia', disabled: true }])
  await eventually(() => expect(mia.client.state.state).toBe('ended'), { timeoutMs: 20_000 })
  await expect(Person.logIn(stack.url, 'mia')).rejects.toMatchObject({ code: 'account_disabled' })
  await expect(Person.logIn(stack.url, 'mia')).rejects.toBeInstanceOf(ServerError)
  expect(await must('users', 'list', '--disabled')).toMatchObject([{ name: 'mia', devices: 1 }])
  await must('users', 'enable', 'mia')
  await (await Person.logIn(stack.url, 'mia')).offline()
  expect((await admin('users', 'disable', 'nobody')).rows).toMatchObject([{ error: { code: 'unknown_user' } }])
  await ned.offline()
})

test('a deleted user is gone at once; their messages stay, and their name is not given out again', async () => {
  const [gus, hal] = [await Person.signUp(stack.url, 'gus'), await Person.signUp(stack.url, 'hal')]
  await gus.send(hal, 'from gus')
  await hal.sees('from gus')
  const group = (await hal.client.createGroup('Both', [gus.id])).id
  await eventually(() => expect(gus.client.conversation(group).record.status).toBe('active'))

  // A client would seal it. The server accepts any bytes.
  await stack.sql(
    `insert into account_state (user_id, version, body) select id, 1, 'x' from "user" where username in ('gus', 'hal')
     on conflict (user_id) do nothing`,
  )
  const refused = await admin('users', 'delete', 'gus')
  expect([refused.code, refused.err]).toEqual([64, expect.stringContaining('--yes')])
  for (const name of ['gus', 'Gus'])
    expect(await must('users', 'show', name)).toMatchObject([{ name: 'gus', disabled: null }])
  expect(await must('users', 'delete', 'gus', '--yes')).toEqual([{ name: 'gus', deleted: true }])
  await eventually(() => expect(gus.client.state.state).toBe('ended'), { timeoutMs: 20_000 })

  const stranger = await Person.logIn(stack.url, 'nobody-at-all').catch((error: unknown) => error)
  expect(stranger).toBeInstanceOf(ServerError)
  await expect(Person.logIn(stack.url, 'gus')).rejects.toMatchObject({ code: (stranger as ServerError).code })
  await expect(Person.signUp(stack.url, 'gus')).rejects.toMatchObject({ code: 'username_taken' })
  const left = await stack.sql(
    `select u.password_hash, u.kdf, (select count(*)::int from vault v where v.user_id = u.id) as vaults,
       (select count(*)::int from account_state s where s.user_id = u.id) as states,
       (select count(*)::int from refresh_token t join device d on d.id = t.device_id where d.user_id = u.id) as sessions,
       (select count(*)::int from key_package k join device d on d.id = k.device_id where d.user_id = u.id) as key_packages
     from "user" u where u.username = 'gus'`,
  )
  expect(left).toEqual([{ password_hash: '', kdf: null, vaults: 0, states: 0, sessions: 0, key_packages: 0 }])
  expect(await stack.sql('select u.username from account_state s join "user" u on u.id = s.user_id')).toContainEqual({
    username: 'hal',
  })
  for (const command of ['show', 'enable', 'disable', 'delete']) {
    const { rows } = await admin('users', command, 'gus', ...(command === 'delete' ? ['--yes'] : []))
    expect(rows, command).toMatchObject([{ error: { code: 'unknown_user' } }])
  }
  expect((await must('users', 'list')).map(({ name }) => name)).not.toContain('gus')
  expect(await must('stats')).toMatchObject([{ usersDeleted: 1 }])

  expect(hal.texts()).toContain('from gus')
  await hal.send(group, 'to whoever is left')
  await hal.client.removeMembers(group, [gus.id])
  await hal.send(group, 'to nobody')
  await hal.offline()
  const authorization = `Bearer ${await hal.accessToken()}`
  const found = await fetch(`${stack.url}/v1/users/gus`, { headers: { authorization } })
  expect(found.status).toBe(404)
  const search = await fetch(`${stack.url}/v1/users?query=gu`, { headers: { authorization } })
  expect(await search.json()).toMatchObject({ users: [] })
})

test('in a terminal, deleting a user requires typing the name again', async () => {
  await (await Person.signUp(stack.url, 'moe')).offline()
  const doubtful = await answerAdmin(env(), 'yes', 'users', 'delete', 'moe')
  expect(doubtful).toMatchObject({ code: 1, shown: expect.stringContaining('Nothing was done') })
  expect(await must('users', 'show', 'moe')).toMatchObject([{ name: 'moe' }])
  const sure = await answerAdmin(env(), 'moe', 'users', 'delete', 'moe')
  expect(sure).toMatchObject({ code: 0, shown: expect.stringContaining('moe is deleted') })
  expect((await admin('users', 'show', 'moe')).rows).toMatchObject([{ error: { code: 'unknown_user' } }])
})

test('the operator reads statistics and sets quotas and retention', async () => {
  await must('users', 'quota', 'ned', '2GiB')
  expect(await must('users', 'show', 'ned')).toMatchObject([{ name: 'ned', quota: 2 * 2 ** 30, stored: 0, devices: 1 }])
  expect(await must('stats')).toMatchObject([{ usersDisabled: 0, conversations: 3, signup: 'open' }])
  expect(await must('retention', 'show')).toMatchObject([{ days: 45, over: 0, overIfAcked: 0 }])
  await stack.holding('select from conversation for no key update', async () => {
    await stack.sql(`update message set created_at = now() - interval '50 days'`)
    const [old] = await must('retention', 'show')
    expect(old?.over).toBeGreaterThan(1)
    expect(old?.over).toBe(old?.messages)
  })
  await must('retention', 'run')
  expect(await must('retention', 'show')).toMatchObject([{ messages: 0 }])
})

test('a drained pod sends its clients to other pods, and they miss nothing', async () => {
  const [ola, pim] = [await Person.signUp(stack.url, 'ola'), await Person.signUp(stack.url, 'pim')]
  await ola.send(pim, 'one')
  const load = async () => new Map((await must('pods', 'list')).map(({ pod, connections }) => [pod, connections]))
  await eventually(async () =>
    expect([...(await load()).values()].reduce<number>((sum, n) => sum + Number(n), 0)).toBe(2),
  )
  const busiest = [...(await load())].find(([, connections]) => Number(connections) > 0)?.[0]
  expect(await must('pods', 'drain', String(busiest))).toEqual([{ pod: busiest, drained: true }])
  await ola.send(pim, 'two')
  await pim.send(ola, 'three')
  await Promise.all([pim.sees('one', 'two'), ola.sees('three')])
  expect((await load()).get(busiest)).toBe(0)
  expect((await admin('pods', 'drain', 'chat-9')).rows).toMatchObject([{ error: { code: 'unknown_pod' } }])
  await Promise.all([ola.offline(), pim.offline()])
})

test('a pod record in Redis that no pod signed is not listed, cannot be drained, and is reported', async () => {
  const redis = new Redis(stack.redis.url)
  const record = 'fc:{pods}:record:evil'
  await redis.hset(record, { boot: 'x', content: '["evil","x"]', mac: 'A'.repeat(43) })
  await redis.zadd('fc:{pods}:index', Date.now(), 'evil')
  const { err, rows } = await admin('pods', 'list')
  expect(rows.map(({ pod }) => pod)).not.toContain('evil')
  expect(err).toMatch(/^Ignored: 1 record not signed with POD_HMAC_KEY: .*your Redis\n$/)
  expect((await admin('pods', 'drain', 'evil')).rows).toMatchObject([{ error: { code: 'unknown_pod' } }])
  await redis.del(record)
  redis.disconnect()
})
