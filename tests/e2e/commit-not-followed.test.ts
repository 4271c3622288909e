/**
 * Tests of a commit that one device cannot follow: a pod altered it for that device, or a lying
 * member made it so.
 */
import { forgePathFor } from '@fastchat/crypto/testing'
import { type ConversationId, chatOperations, fromBase64Url, type LogEntry, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingPod } from '../support/lying-pod.ts'
import { LyingServer } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let pod: LyingPod
let liar: LyingServer
let turn = 0
let ana: Person
let ben: Person
let cleo: Person
let group: ConversationId
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

/** Makes a group with Ana as its admin. Cleo is connected to the lying pod. */
beforeEach(async () => {
  pod.lie = (frame) => [frame]
  liar.lie = (answer) => answer
  turn++
  const [one, two, three] = await Promise.all([
    Person.signUp(stack.url, `ana-${turn}`),
    Person.signUp(stack.url, `ben-${turn}`),
    Person.signUp(liar.url, `cleo-${turn}`),
  ])
  ;[ana, ben, cleo] = [one, two, three]
  group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  await ana.send(group, 'before')
  await Promise.all([ben.sees('before'), cleo.sees('before')])
})

const patience = { timeoutMs: 60_000, everyMs: 50 }
const record = (one: Person) => one.client.conversation(group).record
const members = (one: Person) => record(one).members.map(({ userId }) => userId)
const troublesOf = (one: Person) =>
  one.shown.flatMap(({ event, from, device }) =>
    event?.kind === 'trouble' ? [{ code: event.code, from, device }] : [],
  )

function groupOf(one: Person) {
  const found = one.client.conversation(group).group
  if (!found) throw new Error(`${one.name} has no group`)
  return found
}

/** Returns a commit of this group with its last bit changed, which is one of the membership tag. */
function spoiled<T extends Pick<LogEntry, 'conversation' | 'kind' | 'envelope'>>(entry: T): T {
  if (entry.kind !== 'commit' || entry.conversation !== group || entry.envelope === undefined) return entry
  const bytes = fromBase64Url(entry.envelope)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return { ...entry, envelope: toBase64Url(bytes) }
}

function podSpoilsCommits(): void {
  pod.lie = (frame) => (frame.t === 'message' ? [spoiled(frame)] : [frame])
}

/** Ben, who did nothing wrong, renews his keys. Then all go on. */
async function benCommitsAndAllGoOn(): Promise<void> {
  const { groupNo, epoch } = groupOf(ben)
  await ben.client.conversation(group).intents.want({ kind: 'update', groupNo, epoch })
  await eventually(() => expect(troublesOf(cleo), cleo.report()).toHaveLength(1), patience)
  await eventually(() => {
    expect(record(cleo).status, cleo.report()).toBe('active')
    for (const one of [ana, ben]) expect(groupOf(one).epoch, one.report()).toBe(groupOf(cleo).epoch)
  }, patience)
  await ben.send(group, 'next')
  await Promise.all([ana.sees('next'), cleo.sees('next')])
  expect(troublesOf(cleo)).toEqual([{ code: 'altered_on_the_way', from: undefined, device: undefined }])
  expect([troublesOf(ana), troublesOf(ben)]).toEqual([[], []])
  for (const one of [ana, ben, cleo]) expect(members(one)).toHaveLength(3)
}

test('a commit that a pod altered for one device is fetched again and followed, and its author is not named', async () => {
  podSpoilsCommits()
  await benCommitsAndAllGoOn()
  expect(cleo.client.counters.rejoins).toBe(0)
})

test('after a commit that the server alters every time, the device joins again, and the author is not named', async () => {
  podSpoilsCommits()
  liar.lie = ({ status, body }, asked) =>
    /\/messages\/\d+$/.test(asked) ? { status, body: spoiled(body as LogEntry) } : { status, body }
  await benCommitsAndAllGoOn()
  expect(cleo.client.counters.rejoins).toBe(1)
})

test('a member who shuts out one other is named to that one only, and an admin can remove them', async () => {
  const now = groupOf(ben)
  const victim = groupOf(ben)
    .members()
    .find(({ userId }) => userId === ana.id)
  const { commit, groupInfo } = await forgePathFor(now, victim?.leafIndex ?? -1)
  const body = {
    ...{ id: ben.client.newId(), groupNo: now.groupNo, epoch: now.epoch },
    ...{ commit: toBase64Url(commit), groupInfo: toBase64Url(groupInfo) },
  }
  await ben.client.api.call(chatOperations.commit, { params: { conversation: group }, body })
  const device = ben.client.identity.deviceId
  const named = { code: 'unfollowable_commit', from: ben.id, device }
  await eventually(() => expect(troublesOf(ana), ana.report()).toEqual([named]), patience)
  expect(ana.troubles.map(({ message }) => message).join()).toContain(`fastchat group remove GROUP ${ben.name}`)
  for (const one of [ana, ben])
    await eventually(() => expect([record(one).status, one.client.counters.rejoins]).toEqual(['active', 1]), patience)
  await ana.send(group, 'back')
  await Promise.all([ben.sees('back'), cleo.sees('back')])
  expect(troublesOf(cleo)).toEqual([])
  // The admin decides about the removal.
  expect(members(ana)).toContain(ben.id)
  await ana.client.removeMembers(group, [ben.id])
  await eventually(() => expect(members(cleo)).not.toContain(ben.id))
})
