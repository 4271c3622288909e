/**
 * Tests of a malicious server that also has an account, in no group with the others. It cannot lead
 * anybody into a group that it made.
 */
import { createKeyPackage, Group } from '@fastchat/crypto'
import { type ConversationId, type Roster, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { storeUnjudged } from '../support/careless-server.ts'
import { LyingServer } from '../support/lying-server.ts'
import { deviceOf, Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
let turn = 0
let ana: Person
let ben: Person
/** The account of the server. */
let mallory: Person
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

const patience = { timeoutMs: 60_000, everyMs: 50 }
const trust = () => true

beforeEach(async () => {
  liar.lie = (answer) => answer
  turn++
  ;[ana, ben] = (await Promise.all(['ana', 'ben'].map((name) => Person.signUp(liar.url, `${name}-${turn}`)))) as [
    Person,
    Person,
  ]
  mallory = await Person.signUp(stack.url, `mallory-${turn}`)
})

/** Returns the codes of the alarms that a person sees in a chat. */
const codesIn = (group: ConversationId, { shown }: Person) =>
  shown.flatMap(({ conversation, event }) =>
    conversation === group && event?.kind === 'trouble' && event.code !== 'altered_on_the_way' ? [event.code] : [],
  )

type Making = { readonly groupNo?: number; readonly epochs?: number; readonly without?: boolean }

/** Makes a group with the same id, with devices of Ana and Ben in it. Only Mallory has its keys. */
async function malloryMakes(group: ConversationId, { groupNo = 1, epochs = 9, without = false }: Making) {
  const { kind, members } = ana.client.conversation(group).record
  const identity = deviceOf(mallory)
  const packages = await Promise.all(
    [ana, ben].map((one) => createKeyPackage(deviceOf(one), { lastResort: false, now: Date.now() })),
  )
  const others = kind === 'direct' ? members.slice(0, 1) : members
  const roster: Roster = {
    kind,
    members: without ? [...members] : [...others, { userId: mallory.id, role: kind === 'direct' ? 'member' : 'admin' }],
  }
  const add = packages
    .map(({ publicBytes }) => publicBytes)
    .filter((_, at) => roster.members.some(({ userId }) => userId === [ana, ben][at]?.id))
  // The test chooses the number.
  let made = await Group.create({ conversation: group, groupNo: groupNo as Group['groupNo'], identity, kind })
  made = (await made.commit({ add, roster, trust })).pending
  while (made.epoch < epochs) made = (await made.commit({ trust })).pending
  return made
}

/** Returns the first commit of the log, as the server stored it. */
async function firstCommit(group: ConversationId): Promise<Uint8Array> {
  const [row] = await stack.sql(
    `select envelope from message join conversation c on c.id = conversation_id
     where c.pub_id = $1 and message.kind = 1 order by seq limit 1`,
    [group],
  )
  return row?.envelope as Uint8Array
}

const starts: [string, () => Promise<ConversationId>][] = [
  ['a group', async () => (await ana.client.createGroup('Group', [ben.id])).id],
  ['a direct chat', async () => (await ana.client.openDirect(ben.id)).id],
]
const makings: [string, Making][] = [
  ['a later epoch of the same group', {}],
  ['the next group', { groupNo: 2 }],
  ['the next group, with the right roster and a leaf of the server', { groupNo: 2, without: true }],
]

/** Puts an old commit into the log again, which no device can follow. */
async function replay(group: ConversationId): Promise<void> {
  const [info] = await stack.sql(
    'select body from group_info join conversation c on c.id = conversation_id where c.pub_id = $1',
    [group],
  )
  const groupInfo = info?.body as Uint8Array
  await storeUnjudged(stack, group, mallory, { commit: await firstCommit(group), groupInfo })
}

/** Returns the messages of the log, as Mallory's server has them. */
async function storedMessages(group: ConversationId): Promise<Uint8Array[]> {
  const rows = await stack.sql(
    'select envelope from message join conversation c on c.id = conversation_id where c.pub_id = $1 and message.kind = 0',
    [group],
  )
  return rows.map(({ envelope }) => envelope as Uint8Array)
}

test.each(starts.flatMap(([what, start]) => makings.map(([making, how]) => [what, making, start, how] as const)))(
  'in %s, after a replayed commit, %s is shown: it is not entered, an alarm says so, and nothing is encrypted to it',
  async (_, __, start, how) => {
    const group = await start()
    await ana.send(group, 'before')
    await ben.sees('before')
    const made = await malloryMakes(group, how)
    const offered = { groupInfo: toBase64Url(await made.groupInfo()), groupNo: made.groupNo, epoch: made.epoch }
    liar.lie = ({ status, body }, asked) =>
      asked.endsWith(`/${group}/group-info`) ? { status, body: { ...(body as object), ...offered } } : { status, body }
    await replay(group)
    await Promise.all([ana, ben].map((one) => one.queue(group, `secret of ${one.name}`)))
    for (const one of [ana, ben])
      await eventually(() => expect(codesIn(group, one), one.report()).toEqual(['other_history']), patience)
    expect(ana.troubles.find(({ name }) => name === 'Trouble')?.message).toContain('This device did not join it')

    // While the lie goes on, an admin's app starts the next group, with the people that it knows.
    // In a direct chat, either app does.
    await Promise.all([ana.sees(`secret of ${ben.name}`), ben.sees(`secret of ${ana.name}`)])
    for (const one of [ana, ben]) {
      const { record, group: state } = one.client.conversation(group)
      expect(record).toMatchObject({ status: 'active', groupNo: 2 })
      const ids = new Set([...record.members, ...(state?.members() ?? [])].map(({ userId }) => userId))
      expect(ids).toEqual(new Set([ana.id, ben.id]))
      expect(codesIn(group, one)).toEqual(['other_history'])
    }
    const checks = { trust, departed: [], revoked: [] }
    for (const envelope of await storedMessages(group))
      await expect(made.process(envelope, checks)).rejects.toMatchObject({ name: 'CannotProcess' })
  },
)
