import { createRest, logIn } from '@fastchat/client'
import { type Epoch, toBase64Url } from '@fastchat/schema'
import { eventually, type LocalPgBouncer, startPgBouncer } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { type OwnPostgres, runMigrations, startOwnPostgres } from '../support/own-postgres.ts'
import { Person, password } from '../support/person.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { refusedPod } from '../support/refused-pod.ts'
import { Stack } from '../support/stack.ts'

/** The size of the pool. Without pgbouncer, the services may use 44 connections. */
const poolSize = 4
const perPerson = 150
const settleTimeoutMs = 90_000
/** The limits of a pod, raised because the two people here send more than two people would. */
const podEnv = { SENDS_PER_SECOND: '1000', SEND_BURST: '1000' }

let postgres: OwnPostgres
let bouncer: LocalPgBouncer
let stack: Stack
let alice: Person
let bob: Person
const startBouncer = async (port?: number) =>
  startPgBouncer({ databaseUrl: postgres.url, poolSize, log: console.log, ...(port !== undefined && { port }) })
const pooledUrl = () => `${bouncer.url}?pgbouncer=true`

beforeAll(async () => {
  postgres = await startOwnPostgres()
  bouncer = await startBouncer()
})
afterAll(async () => {
  await stack?.stop()
  await bouncer.stop()
  await postgres.stop()
})

test('a command that cannot use a pooler says so', async () => {
  const [unsaid, said] = [{ DATABASE_URL: bouncer.url }, { DATABASE_URL: pooledUrl() }]
  expect(await refusedPod(unsaid)).toContain('needs pgbouncer=true')
  expect((await runAdmin(unsaid, 'stats')).err).toContain('needs pgbouncer=true')
  expect(await runMigrations('migrate', unsaid)).toMatchObject({ code: 1, output: expect.stringContaining('A pooler') })
  const direct = expect.stringContaining('DIRECT_DATABASE_URL')
  expect(await runMigrations('migrate', said)).toMatchObject({ code: 1, output: direct })
  expect(await runMigrations('wait', said)).toEqual({ code: 0, output: '' })
  const both = { ...said, DIRECT_DATABASE_URL: postgres.url }
  expect(await runMigrations('migrate', both)).toEqual({ code: 0, output: 'Nothing to migrate\n' })
})

test('a pod does not start with a role without timeouts, and the documented timeouts are enough', async () => {
  expect(await refusedPod({ DATABASE_URL: pooledUrl() })).toContain('lock_timeout is 0 ms')
  await postgres.sql("alter role fastchat set lock_timeout = '300ms'")
  await postgres.sql("alter role fastchat set statement_timeout = '5s'")
  await postgres.sql('RECONNECT', bouncer.consoleUrl)
  stack = await Stack.start({
    databaseUrl: postgres.url,
    podEnv,
    reroute: async (_from, to, url) => (to === 'postgres' ? pooledUrl() : url),
  })
})

test('when two people on two pods send at once, nothing is lost, the order is one, and few connections are used', async () => {
  alice = await Person.signUp(stack.url, 'alice', { pod: stack.pod(0) })
  bob = await Person.signUp(stack.url, 'bob', { pod: stack.pod(1) })
  await alice.send(bob, 'hello bob')
  await bob.sees('hello bob')
  await sendAtOnce('calm')
  expect((await runAdmin({ DATABASE_URL: pooledUrl() }, 'stats', '--json')).rows).toMatchObject([{ users: 2 }])
  const [count] = await postgres.sql(
    "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'",
  )
  expect(count?.n).toBeLessThanOrEqual(poolSize + 1)
})

test('a send to a locked conversation is answered busy and delays no other conversation', async () => {
  const carol = await Person.signUp(stack.url, 'carol', { pod: stack.pod(0) })
  const { conversation } = await carol.queue(bob, 'hello from carol')
  await bob.sees('hello from carol')
  await carol.offline()
  const socket = await RawSocket.hello(stack.pod(0), await carol.accessToken())
  const { group } = carol.client.conversation(conversation)
  const made = await group?.encrypt(new TextEncoder().encode('{}'))
  if (!group || !made) throw new Error('carol has no group')
  const place = { conversation, groupNo: group.groupNo, epoch: group.epoch as Epoch }
  const frame = { t: 'send', id: carol.client.newId(), envelope: toBase64Url(made.envelope), first: true } as const
  await stack.holding(`select from conversation where pub_id = '${conversation}' for update`, async () => {
    // A lock is held for less time than this. For a database that does not answer, the time is
    // longer.
    expect(await socket.ask({ ...frame, ...place })).toMatchObject({ t: 'error', code: 'busy', retryMs: 250 })
    await alice.send(bob, 'meanwhile')
    await bob.sees('meanwhile')
  })
  expect(await socket.ask({ ...frame, ...place })).toMatchObject({ t: 'ok' })
  socket.close()
})

test('no message is lost or doubled when pgbouncer dies and comes back', async () => {
  await sendAtOnce('rough', async () => {
    await eventually(() => expect(alice.texts().filter((text) => text.startsWith('rough')).length).toBeGreaterThan(50))
    bouncer.kill('SIGKILL')
    await bouncer.exited
    bouncer = await startBouncer(bouncer.port)
    expect(bob.texts().filter((text) => text.startsWith('rough')).length).toBeLessThan(2 * perPerson)
  })
})

test('when PostgreSQL dies behind pgbouncer, clients are told to retry, and no message is lost or doubled', async () => {
  await sendAtOnce('worse', async () => {
    await eventually(() => expect(alice.texts().filter((text) => text.startsWith('worse')).length).toBeGreaterThan(50))
    await postgres.crash()
    await expect(logIn(createRest(stack.url), 'alice', password)).rejects.toMatchObject({ code: 'busy' })
    await postgres.restart()
  })
  await Promise.all([alice.offline(), bob.offline()])
})

/**
 * Both send all their messages at once. Each sees all of them in one order, with their own in the
 * order sent.
 */
async function sendAtOnce(word: string, meanwhile = async () => {}): Promise<void> {
  const people = [alice, bob] as const
  const sending = people.map(async (one, at) => {
    for (let n = 0; n < perPerson; n++) await one.queue(people[1 - at] ?? one, `${word} ${one.name} ${n}`)
  })
  await Promise.all([...sending, meanwhile()])
  const own = (one: Person) => one.texts().filter((text) => text.startsWith(word))
  await eventually(() => expect(people.map((one) => own(one).length)).toEqual([2 * perPerson, 2 * perPerson]), {
    timeoutMs: settleTimeoutMs,
  })
  expect(own(alice)).toEqual(own(bob))
  for (const { name } of people) {
    const sent = own(alice).filter((text) => text.startsWith(`${word} ${name} `))
    expect(sent).toEqual(Array.from({ length: perPerson }, (_, n) => `${word} ${name} ${n}`))
  }
}
