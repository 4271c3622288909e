import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { changing, dropping, inserting, junk, swapping, withholding } from '../support/forks.ts'
import { LyingPod } from '../support/lying-pod.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingPod
let turn = 0
let ana: Person
let cleo: Person
/** Ben is on the lying pod, Ana and Cleo on an honest one. */
let ben: Person
let dora: Person
let group: ConversationId

beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingPod.start(stack.pod(1))
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})
beforeEach(async () => {
  liar.lie = (frame) => [frame]
  turn++
  ana = await Person.signUp(stack.url, `ana-${turn}`, { pod: stack.pod(0) })
  cleo = await Person.signUp(stack.url, `cleo-${turn}`, { pod: stack.pod(0) })
  ben = await Person.signUp(stack.url, `ben-${turn}`, { pod: liar.url })
  dora = await Person.signUp(stack.url, `dora-${turn}`, { pod: liar.url })
  group = (await ana.client.createGroup('Group', [ben.id, cleo.id, dora.id])).id
  await all((one) => one.sees('before'), ana.send(group, 'before'))
})

const everybody = () => [ana, ben, cleo, dora]
async function all(check: (one: Person) => Promise<void>, after: Promise<unknown>): Promise<void> {
  await after
  for (const one of everybody()) await check(one)
}
/** Sends a text after the sender has read everything, and returns its position. */
async function say(one: Person, text: string): Promise<number> {
  const seq = await one.send(group, text)
  await one.sees(text)
  return seq
}
const next = () => ana.client.conversation(group).record.cursor + 1

type Alarm = { readonly code: string; readonly from?: string | undefined }
/** Returns the alarms shown in the chat: the code, and whose device it is about. */
const alarms = (one: Person): Alarm[] =>
  one.shown.flatMap(({ event, from }) =>
    event?.kind === 'trouble' ? [{ code: event.code, ...(from && { from: nameOf(from) }) }] : [],
  )
const nameOf = (id: string) =>
  everybody()
    .find((one) => one.id === id)
    ?.name.split('-')[0]
const differs = (from: string): Alarm => ({ code: 'history_differs', from })
const split: Alarm = { code: 'history_split' }
const isAlarmed = (one: Person, ...expected: Alarm[]) =>
  eventually(() => expect(alarms(one), one.report()).toEqual(expected))

test('when one message is dropped and the rest renumbered, the next message alarms both sides', async () => {
  liar.lie = dropping(group, next())
  await say(ana, 'dropped')
  await say(ana, 'after it')
  await ben.sees('after it')
  await isAlarmed(ben, differs('ana'))
  expect(ben.texts(group)).toEqual(['before', 'after it'])
  // The alarm is a line right after the message, an event with a stable code, and counted.
  expect(ben.shown.at(-1)).toMatchObject({ event: { kind: 'trouble', code: 'history_differs' }, from: ana.id })
  expect(ben.troubles).toMatchObject([{ name: 'Trouble', code: 'history_differs', details: { conversation: group } }])
  expect(ben.client.counters).toMatchObject({ alarms: 1 })
  await say(ben, 'what was that?')
  await isAlarmed(ana, differs('ben'))
  await isAlarmed(cleo, differs('ben'))
  // The alarm is raised once for each device.
  await say(ana, 'nothing')
  await ben.sees('nothing')
  await say(cleo, 'me too')
  await ben.sees('me too')
  // Ana has sent more since, and nothing about a rejected message.
  await isAlarmed(ben, differs('ana'), { code: 'messages_missing', from: 'ana' }, differs('cleo'), split)
  expect(alarms(ana)).toEqual([differs('ben')])
})

test('two swapped messages are noticed', async () => {
  liar.lie = swapping(group, next())
  await say(ana, 'first')
  await cleo.sees('first')
  await say(cleo, 'second')
  await ana.sees('second')
  await ben.sees('first', 'second')
  await say(ana, 'third')
  await isAlarmed(ben, differs('cleo'), differs('ana'), split)
})

test('a replaced entry at the end of an epoch is noticed', async () => {
  liar.lie = changing(group, next(), junk)
  await say(ana, 'hidden')
  await cleo.sees('hidden')
  await ana.client.setRole(group, cleo.id, 'admin')
  await say(ana, 'after the change')
  await ben.sees('after the change')
  await isAlarmed(ben, differs('ana'))
  expect(ben.texts(group)).not.toContain('hidden')
})

test('withheld messages of one device are noticed', async () => {
  liar.lie = withholding(group, cleo.client.identity.deviceId, next() - 1)
  await say(cleo, 'unheard')
  await ana.sees('unheard')
  await say(ana, 'heard')
  await ben.sees('heard')
  await isAlarmed(ben, differs('ana'))
  await say(ben, 'hello')
  await isAlarmed(cleo, differs('ben'))
})

test('an inserted entry is noticed', async () => {
  liar.lie = inserting(group, next(), junk)
  await say(ana, 'real')
  await say(ana, 'behind it')
  await say(ana, 'next')
  await isAlarmed(ben, differs('ana'))
})

test.each(['at', 'from', 'id'] as const)('another value of `%s` in an entry is noticed', async (field) => {
  const other = { at: 5, from: '0199f0a0-1111-7222-8333-444455556666', id: '0199f0a0-1111-7222-8333-444455556667' }
  liar.lie = changing(group, next(), (frame) => ({ ...frame, [field]: other[field] }) as typeof frame)
  await say(ana, 'one')
  await say(ana, 'two')
  // A message with a wrong sender is not shown, which raises another alarm.
  await eventually(() => expect(alarms(ben)).toContainEqual(differs('ana')))
})

test('when two halves of a group see different logs, each half and each person is alarmed', async () => {
  liar.lie = dropping(group, next())
  await say(ana, 'for one half only')
  await say(ana, 'for both')
  for (const one of [ben, dora]) await isAlarmed(one, differs('ana'))
  await say(ben, 'from the other half')
  for (const one of [ana, cleo]) await isAlarmed(one, differs('ben'))
  await dora.sees('from the other half')
  expect(alarms(dora)).toEqual([differs('ana')])
  await say(dora, 'from there, too')
  for (const one of [ana, cleo]) await isAlarmed(one, differs('ben'), differs('dora'), split)
})

test('a withheld change of the group is noticed, though later entries are renumbered', async () => {
  liar.lie = dropping(group, next())
  await ana.client.setRole(group, cleo.id, 'admin')
  await say(ana, 'under the next keys')
  await isAlarmed(ben, { code: 'wrong_place' })
})

test('a message moved behind a later change of the group is noticed', async () => {
  liar.lie = swapping(group, next())
  await say(ana, 'before the change')
  await ana.client.setRole(group, cleo.id, 'admin')
  await eventually(() => expect(alarms(ben)).toContainEqual({ code: 'wrong_place' }))
})

test('a device reports that its own message is missing in the log', async () => {
  liar.lie = dropping(group, next())
  await ben.send(group, 'mine')
  // Her messages say nothing about entries that she has not read yet.
  await ana.sees('mine')
  await say(ana, 'not mine')
  await ben.sees('not mine')
  await eventually(() => expect(alarms(ben)).toContainEqual(differs('ana')))
  await say(ben, 'mine again')
  await isAlarmed(ana, differs('ben'))
})

test('a device notices that its own message is at another position than the server said', async () => {
  liar.lie = (frame) =>
    frame.t === 'ok' && frame.seq !== undefined ? [{ ...frame, seq: (frame.seq + 3) as never }] : [frame]
  await ben.send(group, 'mine')
  await say(ana, 'theirs')
  await eventually(() => expect(alarms(ben)).toContainEqual({ code: 'own_message_moved' }))
})
