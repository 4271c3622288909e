import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, type TestDatabase } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeMachines, Machine } from '../cli/machine.ts'
import { Stack } from '../support/stack.ts'
import { fixtureFolder, readFixture } from './fixture.ts'
import type { JsonLine } from './old-checkout.ts'
import { restoreDatabase, restoreMachine, soonAfter } from './restore-fixture.ts'

const fixture = readFixture()
const homes = Object.keys(fixture.homes)
/** The time limit of a test. Every command is a process, and the machine may be busy. */
const limitMs = 600_000
const patient = { timeoutMs: 120_000, everyMs: 500 }

let database: TestDatabase
let stack: Stack
const machines = new Map<string, Machine>()
// each home of the fixture has a machine
const machine = (home: string): Machine => machines.get(home) as Machine

beforeAll(async () => {
  database = await restoreDatabase(fixture)
  const secretsFolder = join(fixtureFolder, 'secrets')
  stack = await Stack.start({ databaseUrl: database.url, secretsFolder, env: soonAfter(fixture) })
  for (const home of homes) machines.set(home, restoreMachine(fixture, home, stack.url))
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
  await database?.drop()
})

/** The kinds of lines that a commit causes. */
const changes = ['added', 'removed', 'promoted', 'demoted', 'device', 'joined']

/** Returns a line without its wording, which may change between versions. */
const facts = ({ text, receipt: _, ...line }: JsonLine) => (line.type === 'message' ? { ...line, text } : line)
const saying = (lines: readonly JsonLine[]) =>
  lines.filter(({ type }) => type === 'message').map(({ text, caption }) => text ?? caption)
const linesOf = async (home: string, chat: string, ...options: string[]) =>
  (await machine(home).must('history', chat, '-n', '500', '--json', ...options)).objects
const oldLines = (home: string, chat: string) => fixture.homes[home]?.chats[chat] ?? []
const isDirect = (chat: string) => chat.startsWith('@')
/** Returns the name that a device uses for the chat between Ann and Ben, or for a group. */
const calledBy = (home: string, chat: string) => (isDirect(chat) ? (home === 'ann' ? '@ben' : '@ann') : chat)

/** Returns the devices of a chat's members. */
function devicesIn(chat: string): string[] {
  const names = isDirect(chat) ? ['ann', 'ben'] : fixture.groups[chat.slice(1)]?.map(({ username }) => username)
  return homes.filter((home) => names?.includes(fixture.homes[home]?.username ?? ''))
}
const chats = ['@ben', ...Object.keys(fixture.groups).map((name) => `#${name}`)]
const places = chats.flatMap((chat) => devicesIn(chat).map((home) => ({ home, chat: calledBy(home, chat) })))

test('the history of every device is unchanged', { timeout: limitMs }, async () => {
  const check = async (home: string) => {
    for (const [chat, lines] of Object.entries(fixture.homes[home]?.chats ?? {})) {
      const now = await linesOf(home, chat, '--offline')
      expect(now.map(facts), `${chat} of ${home}`).toEqual(lines.map(facts))
    }
  }
  await Promise.all(homes.map(check))
})

test('messages that waited for a device arrive when it runs again', { timeout: limitMs }, async () => {
  // Dee's device stays off for now. The other devices run from here on.
  for (const home of homes.filter((one) => one !== 'dee')) machine(home).keep('tail')
  for (const chat of chats) {
    const known = oldLines('ben-phone', calledBy('ben-phone', chat))
    const missed = oldLines('ben', calledBy('ben', chat)).filter(({ seq }) => Number(seq) > Number(known.at(-1)?.seq))
    // A change of the group under the old rules is not followed. Messages after it that were not
    // read in time are reported as gone.
    const change = missed.find(({ kind }) => changes.includes(String(kind)))
    const isBefore = ({ seq }: JsonLine) => change === undefined || Number(seq) < Number(change.seq)
    const due = [...saying(known), ...saying(missed.filter(isBefore))]
    const gone = missed.filter((line) => line.type === 'message' && !isBefore(line)).length
    await eventually(async () => {
      const now = await linesOf('ben-phone', calledBy('ben-phone', chat))
      expect(saying(now).slice(0, due.length), chat).toEqual(due)
      expect(now.filter(({ type }) => type === 'gap').length, chat).toBe(gone)
    }, patient)
  }
})

test('messages that were not sent, or were sent and not answered, are sent once', { timeout: limitMs }, async () => {
  for (const { to, text } of fixture.unsent)
    for (const home of devicesIn(to))
      await eventually(async () => {
        const got = saying(await linesOf(home, calledBy(home, to)))
        expect(got.filter((one) => one === text).length, `${text} at ${home}`).toBe(1)
      }, patient)
})

test('the picture can be saved by a device that never fetched it', { timeout: limitMs }, async () => {
  const { objects } = await machine('ben-phone').must('save', fixture.picture.id, '--json')
  const bytes = readFileSync(String(objects[0]?.path))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(fixture.picture.sha256)
})

test('rosters are unchanged: people who were removed or left stay out', { timeout: limitMs }, async () => {
  const sorted = (members: readonly object[]) => members.map((member) => JSON.stringify(member)).toSorted()
  for (const [name, members] of Object.entries(fixture.groups))
    for (const home of devicesIn(`#${name}`)) {
      const { objects } = await machine(home).must('group', 'members', name, '--json')
      const now = objects.map(({ username, role }) => ({ username, role }))
      expect(sorted(now), `${name} of ${home}`).toEqual(sorted(members))
    }
  for (const [home, chat] of [
    ['cal', '#Club'],
    ['dee', '#Band'],
  ] as const) {
    expect(await machine(home).run('send', chat, 'Let me in')).toMatchObject({ code: 1 })
    expect(saying(await linesOf(home, chat))).toEqual(saying(oldLines(home, chat)))
  }
})

test('a member is added, and another logs in on a new machine', { timeout: limitMs }, async () => {
  // Her account key has not signed her name yet. That needs her password.
  expect(await machine('ann').run('group', 'add', 'Trip', 'dee')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Ask dee to log in again'),
  })
  await machine('dee').must('logout')
  await machine('dee').must('login', 'dee')
  await machine('ann').must('group', 'add', 'Trip', 'dee')
  await machine('dee').must('send', '#Trip', 'Dee is back')
  const laptop = new Machine(stack.url, soonAfter(fixture))
  machines.set('cal-laptop', laptop)
  await laptop.must('login', 'cal')
  // A new device gets the names of groups from messages of other members.
  await eventually(() => laptop.must('group', 'members', 'Trip'), patient)
  await laptop.must('send', '#Trip', 'Cal has a laptop')
  for (const home of ['dee', 'cal', 'ben-phone'])
    await eventually(async () => {
      const got = saying(await linesOf(home, '#Trip'))
      expect(got, home).toEqual(expect.arrayContaining(['Dee is back', 'Cal has a laptop']))
    }, patient)
})

test('every device sends in every chat and reads the others, with no message missing, unreadable or doubled', {
  timeout: limitMs,
}, async () => {
  const wordsOf = (home: string, chat: string) => `${home} is in ${isDirect(chat) ? 'the direct chat' : chat}`
  for (const { home, chat } of places) await machine(home).must('send', chat, wordsOf(home, chat))
  for (const { home, chat } of places) {
    const due = devicesIn(chat).map((other) => wordsOf(other, chat))
    const lines = await eventually(async () => {
      const now = await linesOf(home, chat)
      expect(saying(now), `${chat} of ${home}`).toEqual(expect.arrayContaining(due))
      return now
    }, patient)
    if (home !== 'ben-phone') expect(lines.filter(({ type }) => type === 'gap')).toEqual([])
    expect(lines.filter(({ type }) => type === 'unreadable')).toEqual([])
    expect(new Set(saying(lines)).size, `${chat} of ${home}`).toBe(saying(lines).length)
  }
})
