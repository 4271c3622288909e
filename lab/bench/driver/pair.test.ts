import type { ConversationId, DeviceId, MessageId, Seq, ServerFrame } from '@fastchat/schema'
import { seededSeq } from '@fastchat/tests/seed'
import { expect, test } from 'vitest'
import { Faults } from './faults.ts'
import type { Lane } from './lane.ts'
import { Pair } from './pair.ts'

const conversation = '00000000-0000-4000-8000-000000000001' as ConversationId
const deviceId = '00000000-0000-4000-8000-000000000002' as DeviceId
const plan = { url: 'ws://nowhere', token: '' }

/** Opens a pair. This test plays its pods. */
function openPair() {
  const sent: { id: MessageId; envelope: string }[] = []
  const faults = new Faults()
  const done: Lane[] = []
  const sender = {
    sendText: (text: string) => {
      const frame = JSON.parse(text)
      if (frame.t === 'send') sent.push(frame)
    },
    cut: () => {},
  }
  const pair = new Pair(
    { conversation, lastSeq: seededSeq, sender: { ...plan, deviceId }, receiver: plan, envelope: 'AAAA' },
    { sender, receiver: { sendText: () => {}, cut: () => {} } },
    { acked: () => {}, delivered: () => {}, done: (it) => done.push(it) },
    faults,
  )
  const seqOf = (n: number) => (seededSeq + 1 + n) as Seq
  const ok = (n: number): ServerFrame => ({ t: 'ok', id: sent[n]!.id, seq: seqOf(n), at: 1 })
  const message = (n: number): ServerFrame & { t: 'message' } => {
    const { id, envelope } = sent[n]!
    return { t: 'message', conversation, seq: seqOf(n), kind: 'application', id, from: deviceId, at: 1, envelope }
  }
  const all = (n: number) => {
    pair.toSender(ok(n))
    pair.toSender(message(n))
    pair.toReceiver(message(n))
  }
  for (let n = 0; n < 3; n++) pair.send(0)
  return { pair, faults, done, ok, message, all }
}

test('messages that arrive once, in order and unchanged count as correct', () => {
  const { pair, faults, done, all } = openPair()
  for (const n of [0, 1, 2]) all(n)
  pair.checkNothingMissing()
  expect(faults.any).toBe(false)
  expect(done).toHaveLength(3)
  expect(pair.isIdle).toBe(true)
})

test.each<[string, (it: ReturnType<typeof openPair>) => void]>([
  ['a delivery out of order', ({ pair, message }) => pair.toReceiver(message(1))],
  ['a duplicate delivery', ({ pair, message }) => [0, 0].forEach((n) => void pair.toReceiver(message(n)))],
  ['a delivery with other bytes', ({ pair, message }) => pair.toReceiver({ ...message(0), envelope: 'AAAB' })],
  [
    'a delivery from another sender',
    ({ pair, message }) => pair.toReceiver({ ...message(0), from: conversation as string as DeviceId }),
  ],
  [
    'a delivery with another message’s id',
    ({ pair, message }) => pair.toReceiver({ ...message(0), id: message(1).id }),
  ],
  ['an ack out of order', ({ pair, ok }) => pair.toSender(ok(1))],
  ['an ack with another message’s seq', ({ pair, ok }) => pair.toSender({ ...ok(1), seq: 2 as Seq } as ServerFrame)],
  ['an own message out of order', ({ pair, message }) => pair.toSender(message(1))],
  [
    'a lost delivery',
    ({ pair, all, ok, message }) => lose(pair, all, () => [pair.toSender(ok(2)), pair.toSender(message(2))]),
  ],
  [
    'a lost ack',
    ({ pair, all, message }) => lose(pair, all, () => [pair.toSender(message(2)), pair.toReceiver(message(2))]),
  ],
  [
    'a lost own message',
    ({ pair, all, ok, message }) => lose(pair, all, () => [pair.toSender(ok(2)), pair.toReceiver(message(2))]),
  ],
])('%s is a fault', (_, happen) => {
  const it = openPair()
  happen(it)
  expect(() => it.faults.check()).toThrow('1 faults')
})

/** Delivers two messages whole and the last one only in part. */
function lose(pair: Pair, all: (n: number) => void, arrive: () => unknown): void {
  all(0)
  all(1)
  arrive()
  pair.checkNothingMissing()
}
