/** Tests of a server that shows false handshakes to a device that joins again. */
import { type ConversationId, chatOperations, type LogEntry, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
let turn = 0
let ana: Person
let ben: Person
/** Cleo is connected to the liar. */
let cleo: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

const patience = { timeoutMs: 120_000, everyMs: 50 }
const trust = () => true

/** Ben sends a commit that nobody can follow while Cleo is offline. Ana and he join again. */
beforeEach(async () => {
  liar.lie = (answer) => answer
  turn++
  const names = ['ana', 'ben'].map((name) => `${name}-${turn}`)
  ;[ana, ben] = (await Promise.all(names.map((name) => Person.signUp(stack.url, name)))) as [Person, Person]
  cleo = await Person.signUp(liar.url, `cleo-${turn}`)
  group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  await ana.send(group, 'before')
  await Promise.all([ben.sees('before'), cleo.sees('before')])
  await cleo.offline()
  const now = ben.client.conversation(group).group
  if (!now) throw new Error('ben has no group')
  const made = await now.commit({ trust })
  const commit = made.commit.map((byte, at) => (at === made.commit.length - 1 ? byte ^ 1 : byte))
  const body = {
    ...{ id: ben.client.newId(), groupNo: now.groupNo, epoch: now.epoch },
    ...{ commit: toBase64Url(commit), groupInfo: toBase64Url(made.groupInfo) },
  }
  await ben.client.api.call(chatOperations.commit, { params: { conversation: group }, body })
  for (const one of [ana, ben])
    await eventually(() => {
      expect(record(one).status, one.report()).toBe('active')
      expect(one.client.conversation(group).group?.epoch).toBe(now.epoch + 3)
    }, patience)
})

const record = (one: Person) => one.client.conversation(group).record
const codes = (one: Person) =>
  one.shown.flatMap(({ event }) =>
    event?.kind === 'trouble' && event.code !== 'altered_on_the_way' ? [event.code] : [],
  )

type Page = (entries: LogEntry[], after: number) => LogEntry[]
const lies: [string, Page][] = [
  ['have a hole', (entries) => entries.filter((_, at) => at !== 1)],
  ['are in another order', (entries) => entries.toReversed()],
  ['have one twice', ([first, ...others]) => (first ? [first, first, ...others] : [])],
  ['end early', (entries) => entries.slice(0, 1)],
  [
    'never end',
    ([first], after) =>
      first ? [{ ...first, seq: (after + 1) as LogEntry['seq'], kind: 'leave', envelope: 'e30' }] : [],
  ],
]

test.each(lies)(
  'handshakes that %s let nobody join: an alarm says so, and true ones let the device join',
  { timeout: 300_000 },
  async (_, lie) => {
    let commits = 0
    let first: LogEntry | undefined
    liar.lie = ({ status, body }, asked) => {
      if (asked === `POST /v1/conversations/${group}/commits`) commits++
      if (!asked.includes(`/${group}/messages?`) || !asked.includes('only=handshakes')) return { status, body }
      const { entries } = body as { entries: LogEntry[] }
      first ??= entries[0]
      const after = Number(new URL(asked.split(' ')[1] ?? '', 'http://x').searchParams.get('after'))
      return {
        status,
        body: { ...(body as object), entries: lie(entries.length > 0 || !first ? entries : [first], after) },
      }
    }
    // Reading endless pages takes long, and so does settling.
    cleo.client.start()
    await eventually(() => expect(codes(cleo), cleo.report()).toContain('other_history'), patience)
    expect(record(cleo).status).toBe('broken')
    const { id } = await cleo.queue(group, 'only to whom I know')
    expect(cleo.client.conversation(group).outbox.records.get(id)?.encrypted).toBeUndefined()
    expect(commits).toBe(0)

    liar.lie = (answer) => answer
    await ana.client.setRole(group, ben.id, 'admin')
    await eventually(() => expect(record(cleo).status, cleo.report()).toBe('active'), patience)
    await Promise.all([ana.sees('only to whom I know'), ben.sees('only to whom I know')])
    // Once at each position of the log at which she tried.
    expect(new Set(codes(cleo))).toEqual(new Set(['other_history']))
  },
)
