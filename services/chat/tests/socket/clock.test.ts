import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import { createKeys, createPodSeal, openPods, openPublisher } from '@fastchat/cluster'
import { eventually, freePort, shiftedClock, startProcess, testRedisUrl } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Pods } from './pods.ts'

const mainFile = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

let pods: Pods
beforeAll(async () => {
  pods = await Pods.open()
})
afterAll(() => pods.life.close())

/** Starts a pod whose clock is ahead by the given time. */
async function startPod(name: string, aheadMs: number) {
  const [port, adminPort] = [await freePort(), await freePort()]
  const process = await startProcess({
    name,
    file: mainFile,
    env: {
      ...pods.env(name),
      ...{ PORT: String(port), ADMIN_PORT: String(adminPort), CONNECTS_PER_SECOND: '1000', CONNECT_BURST: '1000' },
      ...shiftedClock(aheadMs),
    },
    readyWhen: `http://127.0.0.1:${adminPort}/livez`,
  })
  const ask = async (path: string, at = adminPort) => {
    const answer = await fetch(`http://127.0.0.1:${at}${path}`)
    return { status: answer.status, text: await answer.text() }
  }
  return { process, readyz: () => ask('/readyz'), metrics: () => ask('/metrics'), ws: () => ask('/ws', port) }
}

test('a pod whose clock is far off is not ready, takes no client and is not offered', async () => {
  const [ahead, behind, right] = await Promise.all([
    startPod('ahead', 40_000),
    startPod('behind', -40_000),
    startPod('right', 20_000),
  ])
  await eventually(async () => expect((await right.readyz()).status).toBe(200), { timeoutMs: 60_000 })
  for (const pod of [ahead, behind]) {
    await eventually(async () => {
      const { status, text } = await pod.readyz()
      expect([status, JSON.parse(text)]).toEqual([503, { ok: false, checks: { postgres: true, clock: false } }])
    })
    expect(pod.process.output()).toContain('the clock of this machine is wrong: not ready until it is corrected')
    expect(await pod.ws()).toMatchObject({ status: 503, text: expect.stringContaining('"reason":"clock"') })
  }
  expect((await ahead.metrics()).text).toMatch(/^chat_clock_ahead_seconds(\{.*\})? (39|40)/m)
  expect((await behind.metrics()).text).toMatch(/^chat_clock_ahead_seconds(\{.*\})? -(39|40)/m)
  expect(right.process.output()).not.toContain('clock')

  const log = { info: () => {}, warn: () => {} }
  const redis = openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log })
  const seal = createPodSeal(Buffer.from(pods.env('any').POD_HMAC_KEY ?? '', 'base64url'))
  const registry = openPods({ redis, keys: createKeys(), seal, log, clock: systemClock, random: Math.random })
  // All three pods have reported, and the balancer offers only one.
  await eventually(async () => expect((await registry.list()).pods).toHaveLength(3), { timeoutMs: 30_000 })
  expect((await registry.read()).map(({ pod }) => pod)).toEqual(['right'])
  redis.disconnect()
  await Promise.all([ahead, behind, right].map(({ process }) => process.stop()))
})
