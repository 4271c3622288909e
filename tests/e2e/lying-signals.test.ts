/**
 * Tests of a pod that lies about receipts, typing and presence. Nothing counts that the other
 * member's device has not signed for this chat and this epoch, and old signs come to nothing.
 */
import { randomBytes } from 'node:crypto'
import type { ConversationId, ServerFrames } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Lie, LyingPod } from '../support/lying-pod.ts'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

type Signal = ServerFrames['signaled']
const isSignal = (frame: { readonly t: string }): frame is Signal => frame.t === 'signaled'
const honest: Lie = (frame) => [frame]

let stack: Stack
let pod: LyingPod
let ana: Person
let ben: Person
let cleo: Person
let group: ConversationId
let direct: ConversationId

beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  pod = await LyingPod.start(stack.pod(0))
  ana = await Person.signUp(stack.url, 'ana', { pod: pod.url })
  ben = await Person.signUp(stack.url, 'ben')
  cleo = await Person.signUp(stack.url, 'cleo')
  group = (await ana.client.createGroup('trip', [ben.id, cleo.id])).id
  direct = (await ana.queue(ben, 'hello')).conversation
  await Promise.all([ben.sees('hello'), cleo.settled()])
  for (const [person, chat] of [
    [ben, group],
    [ben, direct],
    [cleo, group],
  ] as const)
    await person.client.people.accept(chat)
})
afterAll(async () => {
  await Promise.all([ana, ben, cleo].map((person) => person?.offline()))
  pod?.stop()
  await stack?.stop()
})
afterEach(() => {
  pod.lie = honest
  expect(raisedAlarms).toEqual([])
})

const deviceOf = ({ client }: Person) => client.identity.deviceId
const stateOf = (chat: ConversationId, seq: number) => ana.client.signals.receipts.stateAt(chat, seq)

/** Gives Ana other signals for each one that comes. Returns how many came. */
function instead(lies: (signal: Signal) => readonly Signal[]): () => number {
  let count = 0
  pod.lie = (frame) => {
    if (!isSignal(frame)) return [frame]
    count++
    return lies(frame)
  }
  return () => count
}

test('a receipt that is changed, forged, or moved to another chat, member or epoch is ignored', async () => {
  const seqs = [await ana.send(group, 'for the group'), await ana.send(direct, 'between us')] as const
  await Promise.all([ben.sees('for the group', 'between us'), cleo.sees('for the group')])
  const came = instead((signal) => [
    { ...signal, body: randomBytes(Buffer.from(signal.body, 'base64url').length).toString('base64url') },
    { ...signal, conversation: signal.conversation === group ? direct : group },
    { ...signal, device: signal.device === deviceOf(ben) ? deviceOf(cleo) : deviceOf(ben) },
    { ...signal, epoch: (signal.epoch + 1) as Signal['epoch'] },
    { ...signal, groupNo: (signal.groupNo + 1) as Signal['groupNo'] },
  ])
  await ben.client.conversation(group).markRead(seqs[0])
  await ben.client.conversation(direct).markRead(seqs[1])
  await cleo.client.conversation(group).markRead(seqs[0])
  await Promise.all([ben, cleo].map(({ client }) => client.signals.receipts.flush()))
  await eventually(() => expect(came()).toBeGreaterThanOrEqual(3))
  await ana.client.signals.idle()
  expect([stateOf(group, seqs[0]), stateOf(direct, seqs[1])]).toEqual(['stored', 'stored'])
  // The true ones were kept. They count once the pod passes them on.
  pod.lie = honest
  await ana.offline()
  await ana.online()
  await eventually(() => expect([stateOf(group, seqs[0]), stateOf(direct, seqs[1])]).toEqual(['read', 'read']))
})

test('a receipt that the pod repeats later takes nothing back, and says nothing of later messages', async () => {
  const heard: Signal[] = []
  pod.lie = (frame) => {
    if (isSignal(frame)) heard.push(frame)
    return [frame]
  }
  const first = await ana.send(direct, 'one')
  await ben.sees('one')
  await ben.client.conversation(direct).markRead(first)
  await eventually(() => expect(stateOf(direct, first)).toBe('read'))
  await ben.offline()
  const second = await ana.send(direct, 'two')
  let repeated = 0
  pod.lie = (frame) => {
    if (repeated > 0) return [frame]
    repeated = heard.length
    return [frame, ...heard]
  }
  await ana.send(direct, 'three')
  await eventually(() => expect(repeated).toBeGreaterThan(0))
  await ana.client.signals.idle()
  expect([stateOf(direct, first), stateOf(direct, second)]).toEqual(['read', 'stored'])
  pod.lie = honest
  await ben.online()
})

test('typing and presence that the pod repeats or moves to another chat are ignored', async () => {
  const heard: Signal[] = []
  pod.lie = (frame) => {
    if (isSignal(frame)) heard.push(frame)
    return [frame]
  }
  const { signals } = ana.client
  ben.client.signals.typing.type(direct)
  await eventually(() => expect(signals.typing.in(direct)).toEqual([ben.id]))
  ben.client.signals.typing.end(direct)
  await eventually(() => expect(signals.typing.in(direct)).toEqual([]))
  await signals.presence.ask(direct)
  await eventually(() => expect(signals.presence.of(ben.id)).toMatchObject({ isHere: true }))
  await ben.offline()
  await eventually(() => expect(signals.presence.of(ben.id)).toMatchObject({ isHere: false }))
  const seen: unknown[] = []
  const stops = [signals.on('typing', (one) => seen.push(one)), signals.on('presence', (one) => seen.push(one))]
  let isDone = false
  pod.lie = (frame) => {
    if (isDone) return [frame]
    isDone = true
    return [frame, ...heard, ...heard.map((one) => ({ ...one, conversation: group }))]
  }
  await ana.send(direct, 'are you there')
  await eventually(() => expect(isDone).toBe(true))
  await signals.idle()
  expect([seen, signals.typing.in(direct), signals.typing.in(group)]).toEqual([[], [], []])
  expect(signals.presence.of(ben.id)).toMatchObject({ isHere: false })
  for (const stop of stops) stop()
  await ben.online()
})

test('a pod that passes no signals on leaves messages at stored, and delivers them', async () => {
  const came = instead(() => [])
  const seq = await ana.send(direct, 'no ticks')
  await ben.sees('no ticks')
  await ben.client.conversation(direct).markRead(seq)
  const answer = await ben.send(direct, 'I have read it')
  await ana.sees('I have read it')
  await eventually(() => expect(came()).toBeGreaterThan(0))
  await ana.client.signals.idle()
  expect([stateOf(direct, seq), answer > seq]).toEqual(['stored', true])
})
