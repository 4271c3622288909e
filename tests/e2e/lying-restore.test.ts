/**
 * Tests of a server that shows a group in the state before a member was removed. It shows that
 * state as the present one, or as if it was restored from a copy.
 */
import { Group } from '@fastchat/crypto'
import {
  type ConversationId,
  chatOperations,
  type Seq,
  type ServerFrame,
  type ServerFrames,
  toBase64Url,
} from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingPod } from '../support/lying-pod.ts'
import { LyingServer, type RestLie } from '../support/lying-server.ts'
import { deviceOf, Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let pod: LyingPod
let liar: LyingServer
let turn = 0
let ana: Person
/** Ben is connected to the liar. */
let ben: Person
/** Mallory was removed, and has kept her keys. */
let mallory: Person
let group: ConversationId
let old: Awaited<ReturnType<typeof groupInfoOf>>
let removedAt: number
beforeAll(async () => {
  stack = await Stack.start()
  pod = await LyingPod.start(stack.pod(1))
  liar = await LyingServer.start(stack.url, pod.url)
})
afterAll(async () => {
  liar.stop()
  pod.stop()
  await stack.stop()
})

const patience = { timeoutMs: 60_000, everyMs: 50 }
const groupInfoOf = (one: Person) => one.client.api.call(chatOperations.groupInfo, { params: { conversation: group } })

beforeEach(async () => {
  tellTruth()
  sent = []
  turn++
  ana = await Person.signUp(stack.url, `ana-${turn}`)
  ben = await Person.signUp(liar.url, `ben-${turn}`)
  mallory = await Person.signUp(stack.url, `mallory-${turn}`)
  group = (await ana.client.createGroup('Group', [ben.id, mallory.id])).id
  await ana.send(group, 'with mallory')
  await Promise.all([ben.sees('with mallory'), mallory.sees('with mallory')])
  old = await groupInfoOf(ana)
  keys = (await mallory.store.get('groups', group)) ?? new Uint8Array()
  await mallory.offline()
  await ana.client.removeMembers(group, [mallory.id])
  removedAt = ana.client.conversation(group).record.cursor
  await ana.send(group, 'without mallory')
  await ben.sees('without mallory')
})
/** Mallory's state of the group from the time when she was a member. */
let keys: Uint8Array

const record = (one: Person) => one.client.conversation(group).record
const codes = (one: Person) =>
  one.shown.flatMap(({ event }) =>
    event?.kind === 'trouble' && event.code !== 'altered_on_the_way' ? [event.code] : [],
  )
const kinds = (one: Person) => one.shown.flatMap(({ event }) => event?.kind ?? [])

/** The commits that Ben’s device has sent. Every way into a group needs one. */
let sent: string[] = []
const commitsOfBen = () => sent.length
const noting =
  (lie: RestLie): RestLie =>
  (answer, asked) => {
    if (asked === `POST /v1/conversations/${group}/commits`) sent.push(asked)
    return lie(answer, asked)
  }
function tellTruth(): void {
  liar.lie = (answer) => answer
  pod.lie = (frame) => [frame]
}

/** Shows the old group info, and the log up to it. */
const oldGroup: RestLie = noting(({ status, body }, asked) => {
  if (asked.endsWith(`/${group}/group-info`)) return { status: 200, body: old }
  if (!asked.includes(`/${group}/messages?`) || status !== 200) return { status, body }
  const { entries } = body as { entries: { seq: number }[] }
  return { status, body: { ...(body as object), entries: entries.filter(({ seq }) => seq < removedAt) } }
})

/**
 * Shows another database, in which Ben’s device is not a member. `isThere` says whether it has the
 * conversation.
 */
function pretendRestore(isThere: boolean): void {
  const dbEpoch = uuidv7()
  pod.lie = (frame: ServerFrame) => [frame.t === 'ready' ? { ...frame, dbEpoch } : frame]
  const error = { error: { code: 'not_found', message: 'Not found', requestId: 'x' } }
  liar.lie = (answer, asked) => {
    if (asked !== `GET /v1/conversations/${group}`) return oldGroup(answer, asked)
    if (!isThere) return { status: 404, body: error }
    const { leaf: _, ...body } = answer.body as { leaf?: unknown }
    return { ...answer, body }
  }
}

async function again(one: Person): Promise<void> {
  await one.offline()
  await one.online()
}

/**
 * Expects that Ben is in the present group: Ana reads his message, and Mallory’s keys open nothing
 * from after her removal.
 */
async function goesOn(text: string): Promise<void> {
  await eventually(() => expect(record(ben).status, ben.report()).toBe('active'), patience)
  await ana.sees(text)
  await ana.send(group, 'to ben')
  await ben.sees('to ben')
  for (const one of [ana, ben]) expect(record(one).members.map(({ userId }) => userId)).not.toContain(mallory.id)
  const rows = await stack.sql(
    `select envelope from message join conversation c on c.id = conversation_id
     where c.pub_id = $1 and message.kind = 0 and seq > $2`,
    [group, removedAt],
  )
  expect(rows.length).toBeGreaterThan(2)
  const hers = Group.decode(keys, deviceOf(mallory))
  const checks = { trust: () => true, departed: [], revoked: [] }
  for (const { envelope } of rows)
    await expect(hers.process(envelope as Uint8Array, checks)).rejects.toMatchObject({ name: 'CannotProcess' })
}

test('after a pretended restore without the device, the device does not enter the old group and enters the true one', async () => {
  pretendRestore(true)
  await again(ben)
  await eventually(() => expect(codes(ben), ben.report()).toEqual(['other_history']), patience)
  expect(kinds(ben).slice(-2)).toEqual(['restored', 'trouble'])
  const { id } = await ben.queue(group, 'not for mallory')
  expect(ben.client.conversation(group).outbox.records.get(id)?.encrypted).toBeUndefined()
  expect(commitsOfBen()).toBe(0)

  // It starts again from its files, before the server tells the truth.
  await ben.offline()
  ben = await Person.open(liar.url, ben.name, { store: ben.store })
  await eventually(
    () =>
      expect(
        ben.troubles.map(({ name }) => name),
        ben.report(),
      ).toContain('CannotJoin'),
    patience,
  )
  expect(commitsOfBen()).toBe(0)
  tellTruth()
  await again(ben)
  await goesOn('not for mallory')
})

test('after a pretended restore without the chat, an invitation into the old group is not followed', async () => {
  pretendRestore(false)
  await again(ben)
  await eventually(() => expect(record(ben).status, ben.report()).toBe('removed'), patience)
  expect(kinds(ben).at(-1)).toBe('restored')
  pretendRestore(true)
  const invite: ServerFrame = {
    t: 'welcome',
    conversation: group,
    kind: 'group',
    groupNo: old.groupNo,
    seq: 1 as Seq,
    join: 'external',
  }
  pod.lie = (frame) => (frame.t === 'synced' ? [frame, invite] : [frame])
  await again(ben)
  await eventually(() => expect(codes(ben), ben.report()).toEqual(['other_history']), patience)
  expect(commitsOfBen()).toBe(0)
  tellTruth()
  await again(ben)
  await ben.queue(group, 'back')
  await goesOn('back')
})

test('after a pretended restore in the log, the device does not enter the old group and enters the true one', async () => {
  const gap: ServerFrames['gap'] = {
    ...{ t: 'gap', conversation: group, reason: 'restore' },
    ...{ from: (record(ben).cursor + 1) as Seq, to: (record(ben).cursor + 1) as Seq },
  }
  pretendRestore(true)
  const { lie } = liar
  liar.lie = (answer, asked) => {
    if (asked === `GET /v1/conversations/${group}`) return answer
    // The server claims that the log ends at the gap.
    if (asked.startsWith(`GET /v1/conversations/${group}/messages?after=${gap.to}&`))
      return { ...answer, body: { ...(answer.body as object), lastSeq: gap.to } }
    return lie(answer, asked)
  }
  const { lie: frames } = pod
  pod.lie = (frame) => (frame.t === 'synced' ? [gap, frame] : frames(frame))
  await again(ben)
  await eventually(() => expect(codes(ben), ben.report()).toEqual(['other_history']), patience)
  expect(kinds(ben).slice(-2)).toEqual(['restored', 'trouble'])
  const { id } = await ben.queue(group, 'waits')
  expect(ben.client.conversation(group).outbox.records.get(id)?.encrypted).toBeUndefined()
  expect(ben.client.conversation(group).group).toBeDefined()
  expect(commitsOfBen()).toBe(0)
  expect(record(ben).members.map(({ userId }) => userId)).not.toContain(mallory.id)
  // The entry is at a position that the server said to be gone.
  await ana.send(group, 'not seen by ben')
  await eventually(() => expect(codes(ben), ben.report()).toContain('gap_untrue'), patience)
  tellTruth()
  await again(ben)
  await goesOn('waits')
})

test('after a commit that no device can follow, members do not enter the group from before a removal', async () => {
  liar.lie = oldGroup
  const now = ana.client.conversation(group).group
  const made = await now!.commit({ trust: () => true })
  const commit = made.commit.map((byte, at) => (at === made.commit.length - 1 ? byte ^ 1 : byte))
  const body = {
    ...{ id: ana.client.newId(), groupNo: now!.groupNo, epoch: now!.epoch },
    ...{ commit: toBase64Url(commit), groupInfo: toBase64Url(made.groupInfo) },
  }
  await ana.client.api.call(chatOperations.commit, { params: { conversation: group }, body })
  await eventually(() => expect(codes(ben), ben.report()).toEqual(['other_history']), patience)
  await ben.queue(group, 'only for ana')
  expect(commitsOfBen()).toBe(0)
  await eventually(() => expect(record(ana).status, ana.report()).toBe('active'), patience)
  tellTruth()
  await again(ben)
  await goesOn('only for ana')
})

test('a member is not led back into the epoch that their removal ended', async () => {
  old = await groupInfoOf(ana)
  const then = await ben.client.api.call(chatOperations.getConversation, { params: { conversation: group } })
  await ana.client.removeMembers(group, [ben.id])
  await eventually(
    () => expect(record(ben), ben.report()).toMatchObject({ status: 'removed', lawful: { isOver: true } }),
    patience,
  )
  const invite: ServerFrame = {
    t: 'welcome',
    conversation: group,
    kind: 'group',
    groupNo: old.groupNo,
    seq: 1 as Seq,
    join: 'external',
  }
  pod.lie = (frame) => (frame.t === 'synced' ? [frame, invite] : [frame])
  liar.lie = (answer, asked) =>
    asked === `GET /v1/conversations/${group}` ? { status: 200, body: then } : oldGroup(answer, asked)
  await again(ben)
  await eventually(() => expect(codes(ben), ben.report()).toEqual(['cannot_enter']), patience)
  expect(commitsOfBen()).toBe(0)
})
