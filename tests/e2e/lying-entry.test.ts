/** Tests of a server that shows a device another group than the one it should join again. */
import { type ConversationId, chatOperations, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingServer
let turn = 0
let [ana, ben, cleo]: Person[] = []
let group: ConversationId
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

/** Makes a group with Ana as its admin. Cleo is connected to the liar. */
beforeEach(async () => {
  liar.lie = (answer) => answer
  turn++
  const [one, two, three] = await Promise.all([
    Person.signUp(stack.url, `ana-${turn}`),
    Person.signUp(stack.url, `ben-${turn}`),
    Person.signUp(liar.url, `cleo-${turn}`),
  ])
  ;[ana, ben, cleo] = [one, two, three]
  group = (await one.client.createGroup('Group', [two.id, three.id])).id
  await one.send(group, 'before')
  await Promise.all([two.sees('before'), three.sees('before')])
})

function who(person: Person | undefined): Person {
  if (!person) throw new Error('nobody')
  return person
}

function groupOf(person: Person | undefined) {
  const found = who(person).client.conversation(group).group
  if (!found) throw new Error(`${who(person).name} has no group`)
  return found
}

/**
 * Ben, an ordinary member, sends a commit that nobody can follow: its membership tag is not the one
 * that members derive.
 */
async function benBreaksIt(): Promise<void> {
  const now = groupOf(ben)
  const made = await now.commit({ trust })
  const commit = made.commit.map((byte, at) => (at === made.commit.length - 1 ? byte ^ 1 : byte))
  const body = {
    id: who(ben).client.newId(),
    groupNo: now.groupNo,
    epoch: now.epoch,
    commit: toBase64Url(commit),
    groupInfo: toBase64Url(made.groupInfo),
  }
  await who(ben).client.api.call(chatOperations.commit, { params: { conversation: group }, body })
}

const roleOf = (person: Person | undefined, of: Person | undefined) =>
  who(person)
    .client.conversation(group)
    .record.members.find(({ userId }) => userId === who(of).id)?.role

const codesSeenBy = (person: Person | undefined) =>
  who(person).shown.flatMap(({ event }) => (event?.kind === 'trouble' ? [event.code] : []))

test('after a commit that no device can follow, all join again with their former roles', async () => {
  await benBreaksIt()
  for (const one of [ana, ben, cleo]) {
    await eventually(() => {
      expect(who(one).client.conversation(group).record.status, who(one).report()).toBe('active')
      expect(groupOf(one).epoch).toBeGreaterThan(4)
    }, patience)
    expect(roleOf(one, ana)).toBe('owner')
    expect(roleOf(one, ben)).toBe('member')
  }
  await who(cleo).send(group, 'after')
  await Promise.all([who(ana).sees('after'), who(ben).sees('after')])
})

test.each([
  [
    'of a member who is admin there',
    async () => {
      const { roster } = groupOf(ben)
      const members = roster.members.map((member) => ({
        ...member,
        role: member.userId === who(ben).id ? ('admin' as const) : ('member' as const),
      }))
      return (await groupOf(ben).commit({ roster: { ...roster, members }, trust })).groupInfo
    },
  ],
  [
    'of an epoch long ago',
    async () => {
      const old = await groupOf(ana).groupInfo()
      for (const role of ['admin', 'member'] as const) {
        await who(ana).client.setRole(group, who(ben).id, role)
        for (const one of [ben, cleo]) await eventually(() => expect(roleOf(one, ben)).toBe(role), patience)
      }
      return old
    },
  ],
])('a group info %s is not entered: said in the chat, and nothing is sent into it', async (_, forge) => {
  const forged = toBase64Url(await forge())
  liar.lie = ({ status, body }, asked) =>
    asked.endsWith(`/${group}/group-info`)
      ? { status, body: { ...(body as object), groupInfo: forged } }
      : { status, body }
  const { epoch } = groupOf(ana)
  await benBreaksIt()
  await eventually(
    () => expect(codesSeenBy(cleo), who(cleo).report()).toEqual(['altered_on_the_way', 'other_history']),
    patience,
  )
  const { id } = await who(cleo).queue(group, 'only to whom I know')
  // The two others join again by a commit each. Before that, nobody can read what is sent.
  for (const one of [ana, ben])
    await eventually(() => {
      expect(who(one).client.conversation(group).record.status, who(one).report()).toBe('active')
      expect(groupOf(one).epoch).toBeGreaterThanOrEqual(epoch + 3)
    }, patience)
  await who(ana).send(group, 'between')
  expect(await stack.sql('select 1 from message where client_id = $1', [id])).toEqual([])
  expect(roleOf(cleo, ben)).toBe('member')

  // With the truth, the device goes on.
  liar.lie = (answer) => answer
  await who(ana).client.setRole(group, who(ben).id, 'admin')
  await eventually(() => expect(roleOf(cleo, ben), who(cleo).report()).toBe('admin'), patience)
  await Promise.all([who(ana).sees('only to whom I know'), who(ben).sees('only to whom I know')])
})
