import { randomBytes, randomUUID } from 'node:crypto'
import type { UserId } from '@fastchat/schema'
import { eventually, redisPrefix } from '@fastchat/testkit'
import { describe, expect, test } from 'vitest'
import { createBus } from '../src/bus.ts'
import { createKeys } from '../src/keys.ts'
import { busKey, sealPacket } from '../src/packet.ts'
import { conversationId, hmacKey, publishAll, surroundings, upTo, useBusHarness } from './bus-harness.ts'

const net = useBusHarness()

describe('delivery', () => {
  test('entries reach all other subscribed pods, in order and byte for byte', async () => {
    const [a, b, c] = [await net.openPod('a'), await net.openPod('b'), await net.openPod('c')]
    const conversation = conversationId()
    await Promise.all([a, b, c].map(({ bus }) => bus.subscribe([conversation])))
    const bytes = Buffer.from([0, 10, 255, 123, 10, 0])
    a.bus.publish(conversation, { seq: 1, kind: 'commit', delta: { added: ['ü\n'] } }, bytes)
    for (let seq = 2; seq <= 500; seq++) a.bus.publish(conversation, { seq, kind: 'application' }, bytes)
    for (const pod of [b, c]) {
      await eventually(() => expect(pod.seqs(conversation)).toEqual(upTo(500)))
      expect(pod.heard[0]).toEqual({
        conversation,
        header: { seq: 1, kind: 'commit', delta: { added: ['ü\n'] }, origin: 'a' },
        text: bytes.toString(),
      })
    }
    await eventually(() => expect(a.bus.counts()).toMatchObject({ own: 500, received: 0 }))
    expect(a.heard).toEqual([])
  })

  test('entries published after subscribe has resolved arrive', async () => {
    const [a, b] = [await net.openPod('a'), await net.openPod('b')]
    const conversations = Array.from({ length: 2_500 }, conversationId)
    await b.bus.subscribe(conversations)
    for (const conversation of conversations) publishAll(a, conversation, 1, 1)
    await eventually(() => expect(new Set(b.heard.map((one) => one.conversation))).toEqual(new Set(conversations)))
  })

  test('a conversation is unsubscribed with its last reference', async () => {
    const [a, b] = [await net.openPod('a'), await net.openPod('b')]
    const [left, kept] = [conversationId(), conversationId()]
    await b.bus.subscribe([left, kept])
    await b.bus.subscribe([left, kept])
    b.bus.unsubscribe([left, kept])
    await b.bus.subscribe([]) // resolves once the earlier changes are flushed and confirmed
    publishAll(a, left, 1, 1)
    await eventually(() => expect(b.seqs(left)).toEqual([1]))
    b.bus.unsubscribe([left])
    b.bus.unsubscribe([left]) // an extra unsubscribe does nothing
    const listener = net.operator()
    const keys = createKeys()
    await eventually(async () =>
      expect(await listener.pubsub('NUMSUB', keys.conversation(left), keys.conversation(kept))).toEqual([
        keys.conversation(left),
        0,
        keys.conversation(kept),
        1,
      ]),
    )
    await b.bus.subscribe([left])
    publishAll(a, left, 2, 2)
    await eventually(() => expect(b.seqs(left)).toEqual([1, 2]))
  })

  test('events for a user reach the pods that have subscribed to the user', async () => {
    const [a, b] = [await net.openPod('a'), await net.openPod('b')]
    const user = randomUUID() as UserId
    await b.bus.subscribeUsers([user])
    a.bus.publishUser(user, { t: 'invited' })
    await eventually(() => expect(b.events).toEqual([{ user, event: { t: 'invited' }, from: 'a' }]))
    b.bus.unsubscribeUsers([user])
  })

  test('buses with different prefixes do not receive the packets of the other', async () => {
    const prefix = redisPrefix()
    const [a, b] = [await net.openPod('a'), await net.openPod('b', { prefix })]
    const [c, d] = [await net.openPod('c'), await net.openPod('d', { prefix })]
    const conversation = conversationId()
    await Promise.all([a.bus.subscribe([conversation]), b.bus.subscribe([conversation])])
    publishAll(c, conversation, 1, 1)
    await eventually(() => expect(a.seqs(conversation)).toEqual([1]))
    publishAll(d, conversation, 2, 2)
    await eventually(() => expect(b.seqs(conversation)).toEqual([2]))
  })
})

describe('forgery', () => {
  test('packets with another key or channel, changed or cut, are rejected and counted', async () => {
    const pod = await net.openPod('a')
    const conversation = conversationId()
    const channel = createKeys().conversation(conversation)
    await pod.bus.subscribe([conversation])
    const header = { seq: 1, kind: 'application', origin: 'x' }
    const good = sealPacket(busKey(hmacKey), channel, header, Buffer.from('good'))
    const flipped = Array.from(good.keys(), (at) => {
      const copy = Buffer.from(good)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    })
    const forged = [
      sealPacket(busKey(randomBytes(32)), channel, header, Buffer.from('other key')),
      sealPacket(busKey(hmacKey), createKeys().conversation(conversationId()), header, Buffer.from('other channel')),
      Buffer.from('{"seq":1}\nplain'),
      Buffer.alloc(0),
      good.subarray(0, 10),
      good.subarray(0, good.length - 1),
      ...flipped,
    ]
    const attacker = net.operator()
    for (const packet of forged) await attacker.publish(channel, packet)
    await attacker.publish(channel, good)
    await eventually(() => expect(pod.heard.map((one) => one.text)).toEqual(['good']))
    expect(pod.bus.counts().refused).toBe(forged.length)
  })

  test('a short key is rejected', () => {
    expect(() =>
      createBus({ redisUrl: net.redis.url, ...surroundings, hmacKey: randomBytes(16), origin: 'a' }),
    ).toThrow('32')
  })
})
