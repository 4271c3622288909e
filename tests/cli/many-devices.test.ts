/** Tests an account with the most devices. A new home is told which there are, and may end one. */
import { limits } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { LyingServer } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ann = await Machine.of(stack.url, 'ann')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

test('the 21st home gets a list of the devices, the longest idle first, and ends one of them', async () => {
  await ann.must('whoami')
  // These devices look as if they had logged in before, and were last used in that order.
  await stack.sql(
    `insert into device (pub_id, user_id, name, signature_key, credential_sig, created_at)
     select gen_random_uuid(), user_id, 'old ' || n, signature_key, credential_sig, now() - n * interval '1 day'
     from device, generate_series(1, ${limits.maxDevicesPerUser - 1}) n
     where user_id = (select id from "user" where username = $1)`,
    ['ann'],
  )
  const home = new Machine(stack.url)
  const refused = await home.run('login', 'ann', '--json')
  expect(refused.code).toBe(1)
  const named = refused.objects.filter(({ type }) => type === 'device')
  const oldest = limits.maxDevicesPerUser - 1
  expect(named.map(({ name }) => name)).toEqual([
    ...Array.from({ length: oldest }, (_, n) => `old ${oldest - n}`),
    expect.stringContaining('CLI on'),
  ])
  const [idlest] = named
  expect(refused.err).toContain(`fastchat login ann --end ${idlest?.device}`)
  const rows = (await runAdmin({ DATABASE_URL: stack.databaseUrl }, 'devices', 'ann', '--json')).rows
  expect(rows.map(({ id }) => id)).toEqual(named.map(({ device }) => device))
  expect(rows.at(-1)).toMatchObject({ signedIn: true })
  expect(rows[0]).toMatchObject({ signedIn: false })

  const wrong = await home.run('login', 'ann', '--end', 'old 1')
  expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('is not the id of a device')])
  await home.must('login', 'ann', '--end', String(idlest?.device))
  // The account key has signed none of the old devices, so only the operator sees them in a list.
  const left = (await runAdmin({ DATABASE_URL: stack.databaseUrl }, 'devices', 'ann', '--json')).rows
  expect(left).toHaveLength(limits.maxDevicesPerUser)
  expect(left.map(({ id }) => id)).not.toContain(idlest?.device)
  const again = await home.run('login', 'ann', '--end', String(left[0]?.id))
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('This home is a device of ann already')])
})

test('a login with --end that fails after the server ended the device says so, and how to go on', async () => {
  const liar = await LyingServer.start(stack.url)
  try {
    const dora = await Machine.of(stack.url, 'dora')
    const [{ device } = {}] = (await dora.must('devices', '--json')).objects
    const home = new Machine(liar.url)
    const error = { code: 'internal', message: 'no', requestId: 'r' }
    liar.lie = (answer, asked) => (asked === 'POST /v1/devices' ? { status: 500, body: { error } } : answer)
    const failed = await home.run('login', 'dora', '--end', String(device))
    expect([failed.code, failed.err]).toEqual([
      1,
      expect.stringContaining(`The device ${device} may have ended already. Log in without --end: fastchat login dora`),
    ])
    liar.lie = (answer) => answer
    await home.must('login', 'dora')
  } finally {
    liar.stop()
  }
})

test('a removed device is told that its message was not sent', async () => {
  const bea = await Machine.of(stack.url, 'bea')
  await Person.signUp(stack.url, 'cora')
  await bea.must('send', 'cora', 'before')
  const other = new Machine(stack.url)
  await other.must('login', 'bea')
  const { objects } = await other.must('devices', '--json')
  await other.must('devices', 'revoke', String(objects.find((one) => one.this === false)?.device))
  for (const words of ['after', 'once more']) {
    const { code, out, err } = await bea.run('send', 'cora', words)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('This device was removed from its account')
    expect(err).not.toContain('goes out')
  }
})
