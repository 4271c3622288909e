/**
 * Tests of a GroupInfo that would mislead newcomers: a member signs a false external key, or the
 * server shows that of another state.
 */
import { decodeGroupInfoMessage, forgeGroupInfo } from '@fastchat/crypto/testing'
import { readGroupInfo } from '@fastchat/crypto/verify'
import { type ConversationId, chatOperations, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingPod } from '../support/lying-pod.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let pod: LyingPod
let turn = 0
let ana: Person
let ben: Person
let cleo: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
  pod = await LyingPod.start(stack.pod(1))
})
afterAll(async () => {
  pod.stop()
  await stack.stop()
})

const patience = { timeoutMs: 60_000, everyMs: 50 }
const trust = () => true

/** Cleo is connected to the liar. */
beforeEach(async () => {
  pod.lie = (frame) => [frame]
  turn++
  ana = await Person.signUp(stack.url, `ana-${turn}`)
  ben = await Person.signUp(stack.url, `ben-${turn}`)
  cleo = await Person.signUp(stack.url, `cleo-${turn}`, { pod: pod.url })
  group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  await ana.send(group, 'before')
  await Promise.all([ben.sees('before'), cleo.sees('before')])
})

function groupOf(person: Person) {
  const found = person.client.conversation(group).group
  if (!found) throw new Error(`${person.name} has no group`)
  return found
}

/** Returns the alarms shown in the chat: the code, and who it is about. */
const lines = (one: Person) =>
  one.shown.flatMap(({ event, from }) => (event?.kind === 'trouble' ? [{ code: event.code, from }] : []))

const shownGroupInfo = async () => {
  const { groupInfo } = await ana.client.api.call(chatOperations.groupInfo, { params: { conversation: group } })
  return readGroupInfo(fromBase64Url(groupInfo))
}

test('a member who signs a false external key is named, a member replaces the key, and newcomers get in', async () => {
  const now = groupOf(ben)
  const made = await now.commit({ trust })
  const extensions = decodeGroupInfoMessage(made.groupInfo).extensions.map((extension) =>
    extension.extensionType === 'external_pub'
      ? { ...extension, extensionData: extension.extensionData.map((byte, at) => (at === 8 ? byte ^ 1 : byte)) }
      : extension,
  )
  const groupInfo = await forgeGroupInfo(made.pending, made.groupInfo, { extensions })
  const body = {
    ...{ id: ben.client.newId(), groupNo: now.groupNo, epoch: now.epoch },
    ...{ commit: toBase64Url(made.commit), groupInfo: toBase64Url(groupInfo) },
  }
  await ben.client.api.call(chatOperations.commit, { params: { conversation: group }, body })
  for (const one of [ana, cleo])
    await eventually(
      () => expect(lines(one), one.report()).toEqual([{ code: 'bad_group_info', from: ben.id }]),
      patience,
    )
  expect(groupOf(ana).roster).toEqual(now.roster)
  await eventually(async () => {
    const { context, externalPub } = await shownGroupInfo()
    expect(Number(context.epoch)).toBeGreaterThan(now.epoch + 1)
    expect(Number(context.epoch)).toBe(groupOf(ana).epoch)
    expect(toBase64Url(externalPub)).toBe(toBase64Url(await groupOf(ana).externalPub()))
  }, patience)

  const laptop = await Person.logIn(stack.url, cleo.name)
  await eventually(() => expect(laptop.client.conversation(group).record.status).toBe('active'), patience)
  await laptop.send(group, 'from my laptop')
  await Promise.all([ana.sees('from my laptop'), cleo.sees('from my laptop')])
  for (const one of [ana, cleo]) expect(lines(one)).toHaveLength(1)
  expect(lines(laptop)).toEqual([])
})

test.each(['contextHash', 'externalPub'] as const)(
  'when the server shows one member another %s, that member is alarmed and makes the next commit',
  async (field) => {
    const wrong = toBase64Url(new Uint8Array(32).fill(9))
    pod.lie = (frame) =>
      frame.t === 'message' && frame.from === ana.client.identity.deviceId && frame[field] !== undefined
        ? [{ ...frame, [field]: wrong }]
        : [frame]
    const { epoch } = groupOf(ana)
    await ana.client.setRole(group, ben.id, 'admin')
    await eventually(
      () => expect(lines(cleo), cleo.report()).toEqual([{ code: 'bad_group_info', from: ana.id }]),
      patience,
    )
    await eventually(() => expect(groupOf(ana).epoch).toBe(epoch + 2), patience)
    await ana.send(group, 'after')
    await Promise.all([ben.sees('after'), cleo.sees('after')])
    for (const one of [ana, ben]) expect(lines(one)).toEqual([])
    expect(lines(cleo)).toHaveLength(1)
  },
)
