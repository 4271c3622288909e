import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

const services = ['auth', 'chat-0', 'chat-1']

let stack: Stack
let people: Person[] = []
let trip: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  await Promise.all(people.map((one) => one.offline()))
  await onServer(`drop database if exists ${copy()} with (force)`)
  await stack.stop()
})
afterEach(() => expect(raisedAlarms).toEqual([]))

const database = () => new URL(stack.databaseUrl).pathname.slice(1)
const copy = () => `${database()}_copy`

/** Runs a statement on the PostgreSQL server that has the stack's database. */
async function onServer(statement: string): Promise<void> {
  const url = new URL(stack.databaseUrl)
  url.pathname = '/postgres'
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

async function whileStopped(work: () => Promise<unknown>): Promise<void> {
  await Promise.all(services.map((name) => stack.end(name)))
  await work()
  // They start in order, since each asks the one before.
  for (const name of services) await stack.bringUp(name)
}

const backUp = () => whileStopped(() => onServer(`create database ${copy()} template ${database()}`))

/**
 * Restores the copy and returns the lowest number that a group waits with for its next one, before
 * any service or device has gone on.
 */
async function restore(): Promise<number> {
  let lowest = 0
  await whileStopped(async () => {
    await onServer(`drop database ${database()} with (force)`)
    await onServer(`create database ${database()} template ${copy()}`)
    const env = { DATABASE_URL: stack.databaseUrl }
    // without `--yes` it says what it would do
    expect((await runAdmin(env, 'after-restore')).code).toBe(64)
    const ran = await runAdmin(env, 'after-restore', '--yes', '--json')
    expect([ran.code, ran.err]).toEqual([0, ''])
    const [found] = await stack.sql('select min(group_no) as "groupNo" from conversation where group_no > 0')
    lowest = Number(found?.groupNo)
  })
  return lowest
}

const patient = { timeoutMs: 60_000, everyMs: 200 }
/** The time limit of a test. Services stop and start four times, and the machine may be busy. */
const limitMs = 300_000
const settled = (people: readonly Person[]) =>
  eventually(() => {
    for (const one of people)
      for (const { status, conversation } of one.client.conversations())
        expect(`${conversation} ${status}`, one.report()).toMatch(/active|removed/)
  }, patient)

const rosterOf = (one: Person, group: ConversationId) =>
  one.client.conversation(group).record.members.map(({ userId }) => userId)

test('after a restore from a copy without the last minutes, no message of these minutes is lost, doubled or unreadable', {
  timeout: limitMs,
}, async () => {
  const names = ['ada', 'ben', 'cleo', 'dora'] as const
  people = await Promise.all(names.map((name) => Person.signUp(stack.url, name)))
  const [ada, ben, cleo, dora] = people as [Person, Person, Person, Person]
  trip = (await ada.within(ada.client.createGroup('trip', [ben.id, cleo.id]), 'the group')).id
  await ada.send(ben, 'direct, in the copy')
  await ben.sees('direct, in the copy')
  await ben.send(trip, 'group, in the copy')
  await Promise.all([ada.sees('group, in the copy'), cleo.sees('group, in the copy')])
  await cleo.offline()
  const refs = async (which: string) =>
    (await stack.sql(`select encode(ref, 'hex') as ref from key_package where not last_resort and ${which}`)).map(
      ({ ref }) => ref,
    )

  await backUp()
  const inCopy = await refs('true')
  // This session has moved on since the copy.
  await cleo.accessToken()
  await cleo.accessToken()
  await Promise.all([ada, ben, dora].map((one) => one.settled()))
  await ada.send(ben, 'direct, not in the copy')
  await ben.sees('direct, not in the copy')
  await ada.within(ada.client.addMembers(trip, [dora.id]), 'adding dora')
  await ben.send(trip, 'group, not in the copy')
  await Promise.all([ada.sees('group, not in the copy'), dora.sees('group, not in the copy')])
  await ben.send(dora, 'a chat that is not in the copy')
  await dora.sees('a chat that is not in the copy')
  const lost = ben.client.conversations().find(({ peer }) => peer === dora.id)?.conversation

  await restore()
  expect(await cleo.accessToken()).not.toBe('')
  await cleo.online()
  await settled([ada, ben, cleo])
  await eventually(() => expect(rosterOf(ben, trip)).toContain(dora.id), patient)
  await settled(people)

  // Entries that only devices had are in the log again, also for those who had not been there.
  await cleo.sees('group, in the copy', 'group, not in the copy')
  await ada.send(ben, 'direct, after')
  await dora.send(trip, 'group, after')
  await Promise.all([ben.sees('direct, after'), ...[ada, ben, cleo].map((one) => one.sees('group, after'))])
  for (const one of people) {
    expect(new Set(one.texts()).size, one.report()).toBe(one.texts().length)
    expect(one.client.counters.undecryptable, one.report()).toBe(0)
    await eventually(() => {
      for (const { conversation } of one.client.conversations())
        expect(one.client.conversation(conversation).outbox.records.size, one.report()).toBe(0)
    }, patient)
  }
  const [counts] = await stack.sql(
    `select count(*)::int as n, count(distinct (sender_device, client_id))::int as ids, min(last_seq)::float8 as least
     from message m join conversation c on c.id = m.conversation_id`,
  )
  expect(counts?.n).toBe(counts?.ids)
  expect(counts?.least).toBeGreaterThan(1e15)

  // A one-time package that was handed out after the copy is not handed out again.
  const usable = await refs(`body <> ''`)
  expect(usable.filter((ref) => inCopy.includes(ref))).toEqual([])
  await eventually(async () => expect((await refs(`body <> ''`)).length).toBeGreaterThan(0), patient)

  // A chat that is not in the copy is over, and the app says so. The two begin another one.
  expect(ben.client.conversation(lost!).record.status).toBe('removed')
  expect(ben.shown.filter(({ event }) => event?.kind === 'restored' && event.lost)).toHaveLength(1)
  await ben.send(dora, 'a new chat')
  await dora.sees('a new chat')
})

test('the same copy can be restored again, and no position or group number is used twice', {
  timeout: limitMs,
}, async () => {
  const [ada, ben, cleo, dora] = people as [Person, Person, Person, Person]
  const groups = () => ada.client.conversations().map(({ groupNo }) => groupNo)
  const before = Math.max(...groups())
  await dora.offline()
  // Also for the group that waits: at its epoch 0 the server would accept a commit of the earlier
  // group with that number.
  expect(await restore()).toBeGreaterThan(before)
  await eventually(() => expect(Math.min(...groups())).toBeGreaterThan(before), patient)
  // In the copy she is not a member of the group. She joins when the others have added her.
  await eventually(
    () => expect(ada.client.conversation(trip).group?.roster.members).toHaveLength(people.length),
    patient,
  )
  await dora.online()
  await settled(people)
  await ben.send(ada, 'direct, after all')
  await cleo.send(trip, 'group, after all')
  await Promise.all([ada, ben].map((one) => one.sees('direct, after all', 'group, after all')))
  await dora.sees('group, after all')
  await eventually(() => expect(rosterOf(ben, trip)).toContain(dora.id), patient)
  for (const one of people) {
    expect(new Set(one.texts()).size, one.report()).toBe(one.texts().length)
    expect(one.client.counters.undecryptable, one.report()).toBe(0)
  }
})
