import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { openSubscriber } from '../src/connections.ts'
import { createKeys } from '../src/keys.ts'
import { conversationId, publishAll, silentLog, useBusHarness } from './bus-harness.ts'
import { startMutingProxy } from './muting-proxy.ts'

const net = useBusHarness()

test('a restarted, empty Redis gets all subscriptions again, and the pod is told to read the log', async () => {
  const [a, b] = [await net.openPod('a'), await net.openPod('b')]
  const conversations = Array.from({ length: 2_500 }, conversationId)
  await b.bus.subscribe(conversations)
  await net.killRedis()
  await eventually(() => expect(b.bus.healthy()).toBe(false))
  expect(b.suspects).toContain('close')
  // Neither call waits for Redis. The sweep finds what they miss.
  const later = conversationId()
  await b.bus.subscribe([later])
  publishAll(a, later, 1, 1)
  expect(a.bus.counts()).toMatchObject({ dropped: 1 })
  b.suspects.length = 0
  await net.startRedisAgain()
  await eventually(() => expect(b.suspects).toContain('resubscribed'))
  await eventually(() => expect([a.bus.healthy(), b.bus.healthy()]).toEqual([true, true]))
  for (const conversation of [...conversations, later]) publishAll(a, conversation, 1, 1)
  await eventually(() =>
    expect(new Set(b.heard.map((one) => one.conversation))).toEqual(new Set([...conversations, later])),
  )
})

test('a stopped Redis is noticed, waiting publishes stay limited, and everything works once it continues', async () => {
  const [a, b] = [await net.openPod('a'), await net.openPod('b')]
  const conversation = conversationId()
  await b.bus.subscribe([conversation])
  net.redis.kill('SIGSTOP')
  publishAll(a, conversation, 1, 20_000)
  const { dropped } = a.bus.counts()
  expect(dropped).toBeGreaterThan(10_000)
  await eventually(() => expect(a.bus.counts().failed).toBe(20_000 - dropped))
  publishAll(a, conversation, 20_001, 20_100)
  expect(a.bus.counts().dropped).toBe(dropped + 100) // nor do they pile up in the queue of ioredis
  await eventually(() => expect(b.suspects).toContain('close'), { timeoutMs: 10_000 })
  expect(b.bus.healthy()).toBe(false)
  await eventually(() => expect(b.bus.lagMs()).toBeGreaterThan(3_000))
  net.redis.kill('SIGCONT')
  await eventually(() => expect([a.bus.healthy(), b.bus.healthy()]).toEqual([true, true]), { timeoutMs: 10_000 })
  publishAll(a, conversation, 20_101, 20_101)
  await eventually(() => expect(b.seqs(conversation).at(-1)).toBe(20_101))
  await eventually(() => expect(b.bus.lagMs()).toBeLessThan(3_000))
})

test('subscribe resolves after Redis has confirmed', async () => {
  const [a, b] = [await net.openPod('a'), await net.openPod('b')]
  const order: string[] = []
  net.redis.kill('SIGSTOP')
  publishAll(a, conversationId(), 1, 1)
  const subscribed = b.bus.subscribe([conversationId()]).then(() => order.push('confirmed'))
  await eventually(() => expect(a.bus.counts().failed).toBe(1)) // the command timeout of 0.5 s
  order.push('unanswered')
  net.redis.kill('SIGCONT')
  await subscribed
  expect(order).toEqual(['unanswered', 'confirmed'])
})

test('a command without an answer is rejected when the connection ends', async () => {
  const subscriber = openSubscriber({ random: Math.random, redisUrl: net.redis.url, log: silentLog })
  net.own(() => subscriber.disconnect())
  await eventually(() => expect(subscriber.status).toBe('ready'))
  net.redis.kill('SIGSTOP')
  const answer = subscriber.subscribe('never')
  answer.catch(() => undefined)
  await net.killRedis()
  await expect(answer).rejects.toThrow()
  await expect(subscriber.subscribe('away')).rejects.toThrow()
})

test('subscribing returns at once, and reports later when Redis has confirmed it', async () => {
  const [other, pod] = [await net.openPod('a'), await net.openPod('b')]
  const conversation = conversationId()
  net.redis.kill('SIGSTOP')
  await pod.bus.subscribe([conversation])
  expect(pod.suspects).not.toContain('late subscription')
  net.redis.kill('SIGCONT')
  await eventually(() => expect(pod.suspects).toContain('late subscription'))
  await eventually(() => expect(other.bus.healthy()).toBe(true))
  publishAll(other, conversation, 1, 1)
  await eventually(() => expect(pod.seqs(conversation)).toEqual([1]))
})

test('channels that change during a resubscription end in the right state', async () => {
  const pod = await net.openPod('a')
  const [left, kept, joined] = [
    [1, 2],
    [1, 2],
    [1, 2],
  ].map((ends) => ends.flatMap(() => Array.from({ length: 1_500 }, conversationId)))
  await pod.bus.subscribe([...left!, ...kept!])
  const operator = net.operator()
  pod.suspects.length = 0
  await operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await eventually(() => expect(pod.suspects).toContain('ready'), { everyMs: 1 })
  pod.bus.unsubscribe(left!)
  await pod.bus.subscribe(joined!)
  await eventually(() => expect(pod.suspects).toContain('resubscribed'))
  const keys = createKeys()
  const expected = [...kept!, ...joined!].map(keys.conversation)
  await eventually(async () => expect((await operator.pubsub('CHANNELS', 'fc:*')).length).toBe(expected.length + 1))
  const channels = new Set(await operator.pubsub('CHANNELS', 'fc:*'))
  expect(expected.every((name) => channels.has(name))).toBe(true)
})

test('subscriptions are restored after the server cuts the connection', async () => {
  const [other, pod] = [await net.openPod('a'), await net.openPod('b')]
  const conversation = conversationId()
  await pod.bus.subscribe([conversation])
  const operator = net.operator()
  for (const round of [1, 2, 3]) {
    pod.suspects.length = 0
    expect(await operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(2)
    await eventually(() => expect(pod.suspects).toContain('resubscribed'))
    await eventually(() => expect(other.bus.healthy()).toBe(true))
    publishAll(other, conversation, round, round)
    await eventually(() => expect(pod.seqs(conversation)).toContain(round))
  }
})

test('the canary finds a subscription that fell silent without an event, and it is restored', async () => {
  const proxy = await startMutingProxy(net.redis.url)
  net.own(proxy.close)
  const timings = { beatEveryMs: 100, silentAfterMs: 600 }
  const pod = await net.openPod('a', { redisUrl: proxy.url, timings })
  const other = await net.openPod('b')
  const conversation = conversationId()
  await pod.bus.subscribe([conversation])
  pod.suspects.length = 0
  proxy.mute()
  await eventually(() => expect(pod.suspects).toContain('silent'))
  expect(pod.suspects[0]).toBe('silent') // no event of the connection came first
  await eventually(() => expect(pod.suspects).toContain('resubscribed'))
  publishAll(other, conversation, 1, 1)
  await eventually(() => expect(pod.seqs(conversation)).toEqual([1]))
})

test('a canary that hears its beats does not restart the subscription', async () => {
  const pod = await net.openPod('a', { timings: { beatEveryMs: 20, silentAfterMs: 200 } })
  pod.suspects.length = 0
  const other = await net.openPod('b', { timings: { beatEveryMs: 20, silentAfterMs: 200 } })
  const before = other.bus.counts()
  const operator = net.operator()
  await eventually(async () => {
    const [, sent] = /cmdstat_publish:calls=(\d+)/.exec(await operator.info('commandstats')) ?? []
    expect(Number(sent)).toBeGreaterThan(50)
  })
  expect(pod.suspects).toEqual([])
  expect(other.bus.counts()).toEqual(before)
})

test('a handler that throws does not disturb the bus', async () => {
  const [other, pod] = [await net.openPod('a'), await net.openPod('b')]
  const conversation = conversationId()
  const seen: number[] = []
  pod.bus.listen({
    onEntry: (_conversation, header) => {
      seen.push(header.seq)
      throw new Error('handler')
    },
    onUserEvent: () => undefined,
    onSuspect: () => undefined,
  })
  await pod.bus.subscribe([conversation])
  publishAll(other, conversation, 1, 3)
  await eventually(() => expect(seen).toEqual([1, 2, 3]))
})
