import type { ServerFrames } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedConversations, seedDeviceOf } from '../store/seed.ts'
import { type Pod, Pods } from './pods.ts'
import type { RawClient } from './raw-client.ts'

let pods: Pods
let one: Pod
let two: Pod

beforeAll(async () => {
  pods = await Pods.open()
  ;[one, two] = await Promise.all([pods.start('one'), pods.start('two')])
})
afterAll(() => pods.life.close())

const changes = (client: RawClient) => client.all('account').map((frame) => (frame as ServerFrames['account']).changed)

test('the devices of a user on any pod hear what changed, but not the one that changed it, nor other users', async () => {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
  const [laptop, other] = seeded!.sessions
  const phone = await seedDeviceOf(pods.pool, laptop!)
  const clients = await Promise.all([pods.connect(one, laptop!), pods.connect(two, phone), pods.connect(one, other!)])
  await Promise.all(clients.map((client) => client.untilSynced()))
  const push = pods.openAccountPush()
  // Redis may still be connecting, or the pods still subscribing: until then pushes are lost.
  await eventually(() => {
    push(laptop!.userId, 'state')
    expect(clients.slice(0, 2).map((client) => changes(client).includes('state'))).toEqual([true, true])
  })
  push(laptop!.userId, 'records', laptop!.deviceId)
  push(laptop!.userId, 'devices')
  for (const client of clients.slice(0, 2)) await eventually(() => expect(changes(client)).toContain('devices'))
  const [atLaptop, atPhone, atOther] = clients.map(changes)
  expect(atLaptop).not.toContain('records')
  expect(atPhone!.filter((part) => part === 'records')).toEqual(['records'])
  expect(atOther).toEqual([])
})

test('a session that is over ends its connection at the push', async () => {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 1 })
  const [session] = seeded!.sessions
  const client = await pods.connect(one, session!)
  await client.untilSynced()
  const push = pods.openAccountPush()
  await pods.pool.query('update device set revoked_at = now() where id = $1', [session!.device])
  await eventually(() => {
    push(session!.userId, 'sessions')
    expect(client.closed).toMatchObject({ code: 4001 })
  })
})
