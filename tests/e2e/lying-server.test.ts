import type { ConversationId, DeviceId, MessageId, Seq, ServerFrames } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Lie, LyingPod } from '../support/lying-pod.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let liar: LyingPod
let turn = 0
let ana: Person
let ben: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingPod.start(stack.pod(1))
})
afterAll(async () => {
  liar.stop()
  await stack.stop()
})

/** Ben is connected to the lying pod, Ana to an honest one. */
beforeEach(async () => {
  liar.lie = (frame) => [frame]
  turn++
  ana = await Person.signUp(stack.url, `ana-${turn}`, { pod: stack.pod(0) })
  ben = await Person.signUp(stack.url, `ben-${turn}`, { pod: liar.url })
  group = (await ana.client.createGroup('Group', [ben.id])).id
  await ana.send(group, 'before')
  await ben.sees('before')
})

const texts = (count: number) => Array.from({ length: count }, (_, n) => `text ${n}`)
const sendAll = async (all: readonly string[]) => {
  for (const text of all) await ana.send(group, text)
}
const onMessages =
  (lie: (frame: ServerFrames['message']) => readonly ServerFrames['message'][]): Lie =>
  (frame) =>
    frame.t === 'message' && frame.kind === 'application' ? lie(frame) : [frame]
const asksAgain = () => eventually(() => expect(ben.client.conversation(group).isSettled).toBe(false))
/**
 * Waits until Ben has read a message that went through the same pod after the lies. Everything that
 * he shows because of the lies is shown then.
 */
async function untilBenHasHeard(): Promise<void> {
  await ana.send(ben, `to you alone ${turn}`)
  await ben.sees(`to you alone ${turn}`)
}

test('after a withheld message nothing is shown, and everything in order once it arrives', async () => {
  let withheld: Seq | undefined
  liar.lie = onMessages((frame) => {
    if (frame.conversation !== group) return [frame]
    withheld ??= frame.seq
    return frame.seq === withheld ? [] : [frame]
  })
  await sendAll(texts(4))
  await asksAgain()
  await untilBenHasHeard()
  expect(ben.texts(group)).toEqual(['before'])
  liar.lie = (frame) => [frame]
  await ben.sees(...texts(4))
  expect(ben.texts(group)).toEqual(['before', ...texts(4)])
})

test('a history with a missing beginning is not accepted as complete', async () => {
  await ben.offline()
  await sendAll(texts(6))
  const cursor = ben.client.conversation(group).record.cursor
  liar.lie = onMessages((frame) => (frame.conversation === group && frame.seq <= cursor + 3 ? [] : [frame]))
  ben.client.start()
  await eventually(() => expect(ben.client.state.state).toBe('online'))
  await asksAgain()
  await untilBenHasHeard()
  expect(ben.texts(group)).toEqual(['before'])
  liar.lie = (frame) => [frame]
  await ben.sees(...texts(6))
  expect(ben.texts(group)).toEqual(['before', ...texts(6)])
})

test('repeated messages are shown once, and reordered ones in their order', async () => {
  let held: ServerFrames['message'] | undefined
  // When asked again, the liar tells the truth in the end. A server that never does so only
  // withholds.
  let lies = 6
  liar.lie = onMessages((frame) => {
    if (lies-- <= 0 && held === undefined) return [frame]
    if (held === undefined) {
      held = frame
      return []
    }
    const swapped = [frame, frame, held, held, frame]
    held = undefined
    return swapped
  })
  await sendAll(texts(8))
  await ben.sees(...texts(8))
  expect(lies).toBeLessThanOrEqual(0)
  expect(ben.client.counters.undecryptable).toBe(0)
  expect(ben.texts(group)).toEqual(['before', ...texts(8)])
})

test.each<[string, (frame: ServerFrames['message'], old: ServerFrames['message']) => Partial<ServerFrames['message']>]>(
  [
    ['another device as sender', () => ({ from: ben.client.identity.deviceId })],
    ['an unknown device as sender', () => ({ from: uuidv7() as DeviceId })],
    ['the envelope of an earlier message', (_, { envelope }) => (envelope === undefined ? {} : { envelope })],
    [
      'one letter is another',
      ({ envelope = '' }) => ({
        envelope: `${envelope.slice(0, -2)}${envelope.at(-2) === 'A' ? 'B' : 'A'}${envelope.slice(-1)}`,
      }),
    ],
  ],
)('%s: its text is not shown as anybody else’s, and never twice', async (_, change) => {
  let old: ServerFrames['message'] | undefined
  let isChanged = false
  liar.lie = onMessages((frame) => {
    if (frame.conversation !== group) return [frame]
    const former = old
    old ??= frame
    if (former === undefined || isChanged) return [frame]
    isChanged = true
    return [{ ...frame, ...change(frame, former) }]
  })
  await sendAll(texts(3))
  await ben.sees('text 2')
  expect(isChanged).toBe(true)
  const shown = ben.shown.filter(({ type, conversation }) => type === 'message' && conversation === group)
  for (const { from } of shown) expect(from).toBe(ana.id)
  expect(new Set(ben.texts(group)).size).toBe(ben.texts(group).length)
})

const wrongLines = () => ben.shown.filter(({ event }) => event?.kind === 'trouble' && event.code === 'wrong_sender')
const toldOfWrongSender = () => ben.troubles.filter((error) => 'code' in error && error.code === 'wrong_sender')

test('messages under a wrong sender cause one alarm each, and the messages around them are shown', async () => {
  const cleo = await Person.signUp(stack.url, `cleo-${turn}`, { pod: stack.pod(0) })
  await ana.client.addMembers(group, [cleo.id])
  await eventually(() => expect(cleo.client.conversation(group).record.status).toBe('active'))
  const senders = [cleo.client.identity.deviceId, ben.client.identity.deviceId, uuidv7() as DeviceId]
  const moved = new Map<Seq, DeviceId>()
  liar.lie = onMessages((frame) => {
    if (frame.conversation !== group || frame.from !== ana.client.identity.deviceId) return [frame]
    const from = moved.get(frame.seq) ?? senders.shift()
    if (from) moved.set(frame.seq, from)
    return [from ? { ...frame, from } : frame]
  })
  await sendAll(texts(4))
  await cleo.send(group, 'of cleo')
  await ben.sees('text 3', 'of cleo')
  expect(ben.texts(group).filter((text) => text !== 'before')).toEqual(['text 3', 'of cleo'])
  expect(wrongLines().map(({ from, seq }) => [from, seq])).toEqual([...moved.keys()].map((seq) => [undefined, seq]))
  expect(ben.client.counters).toMatchObject({ wrongSenders: 3, undecryptable: 0 })
  expect(toldOfWrongSender()).toHaveLength(3)
})

test('a commit or leave under a wrong sender counts as that of its signer, and an alarm is shown', async () => {
  const cleo = await Person.signUp(stack.url, `cleo-${turn}`, { pod: stack.pod(0) })
  const other = cleo.client.identity.deviceId
  liar.lie = (frame) =>
    frame.t === 'message' && frame.conversation === group && frame.kind !== 'application'
      ? [{ ...frame, from: other }]
      : [frame]
  await ana.client.addMembers(group, [cleo.id])
  await eventually(() => expect(cleo.client.conversation(group).record.status).toBe('active'))
  await cleo.client.conversation(group).leave(ana.client.newId())
  await ana.send(group, 'still here')
  await ben.sees('still here')
  const told = ben.shown.flatMap(({ event, from }) =>
    event?.kind === 'added' || event?.kind === 'left' ? [[event.kind, from]] : [],
  )
  expect(told).toEqual([
    ['added', ana.id],
    ['left', cleo.id],
  ])
  expect(ben.client.counters.wrongSenders).toBeGreaterThanOrEqual(1)
  expect(wrongLines().length).toBe(ben.client.counters.wrongSenders)
})

test('a message of another chat is not shown', async () => {
  const other = (await ana.client.createGroup('Other', [ben.id])).id
  await ana.send(other, 'before, there')
  await ben.sees('before, there')
  let moved: ServerFrames['message'] | undefined
  liar.lie = onMessages((frame) => {
    if (frame.conversation === group) {
      moved = frame
      return [frame]
    }
    if (frame.conversation !== other || moved?.envelope === undefined) return [frame]
    return [{ ...frame, envelope: moved.envelope, id: frame.id as MessageId }]
  })
  await sendAll(['for the first chat only'])
  await ben.sees('for the first chat only')
  await ana.send(other, 'hidden')
  await eventually(() => expect(ben.client.counters.undecryptable).toBeGreaterThan(0))
  expect(ben.texts(other)).toEqual(['before, there'])
})

test('a member from whom a change is withheld reads nothing after it', async () => {
  const cleo = await Person.signUp(stack.url, `cleo-${turn}`, { pod: stack.pod(0) })
  liar.lie = (frame) =>
    frame.t === 'message' && frame.conversation === group && frame.kind === 'commit' ? [] : [frame]
  await ana.client.addMembers(group, [cleo.id])
  await ana.send(group, 'with cleo')
  await cleo.sees('with cleo')
  await asksAgain()
  expect(ben.texts(group)).toEqual(['before'])
  const epochs = [ana, ben].map((one) => one.client.conversation(group).group?.epochAuthenticator.toString())
  expect(new Set(epochs).size).toBe(2)
  liar.lie = (frame) => [frame]
  await ben.sees('with cleo')
})
