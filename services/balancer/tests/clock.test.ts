import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLifecycle, createLogger } from '@fastchat/service'
import { eventually, freePort, shiftedClock, startProcess, testRedisUrl } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clockOfServer } from '../src/clock-of-server.ts'

const mainFile = join(import.meta.dirname, '..', 'src', 'main.ts')

let life = createLifecycle(createLogger({ service: 'test', level: 'silent' }))
beforeEach(() => {
  life = createLifecycle(createLogger({ service: 'test', level: 'silent' }))
})
afterEach(() => life.close())

/** Starts an HTTP server in place of auth, whose clock is ahead by this time. Returns its URL. */
async function startAuth({ aheadMs }: { aheadMs: number }): Promise<string> {
  const server = createServer((_, res) => {
    res.setHeader('date', new Date(Date.now() + aheadMs).toUTCString())
    res.end('{"keys":[]}')
  })
  life.own(server, (it) => new Promise((resolve) => it.close(resolve)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Starts a balancer as a process whose clock is ahead by this time. */
async function startBalancer(jwksUrl: string, aheadMs: number) {
  const adminPort = await freePort()
  const process = await startProcess({
    name: 'balancer',
    file: mainFile,
    env: {
      ...{ PORT: String(await freePort()), ADMIN_PORT: String(adminPort), REDIS_URL: testRedisUrl() },
      ...{ AUTH_JWKS_URL: jwksUrl, POD_HMAC_KEY: Buffer.alloc(32, 7).toString('base64url') },
      ...shiftedClock(aheadMs),
    },
    readyWhen: `http://127.0.0.1:${adminPort}/livez`,
  })
  life.own(process, (it) => it.stop())
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`)
    return { status: answer.status, text: await answer.text() }
  }
  return { process, readyz: () => ask('/readyz'), metrics: () => ask('/metrics') }
}

test('a balancer with a wrong clock logs it, is not ready, and shows the difference', async () => {
  const jwksUrl = await startAuth({ aheadMs: 0 })
  const [ahead, behind, right] = await Promise.all(
    [40_000, -40_000, 20_000].map((aheadMs) => startBalancer(jwksUrl, aheadMs)),
  )
  await eventually(async () => expect((await right!.readyz()).status).toBe(200), { timeoutMs: 60_000 })
  for (const balancer of [ahead!, behind!]) {
    await eventually(async () => {
      const { status, text } = await balancer.readyz()
      expect([status, JSON.parse(text)]).toEqual([503, { ok: false, checks: { pods: true, clock: false } }])
      expect(balancer.process.output()).toContain('the clock of this machine is wrong')
    })
  }
  // A slow first answer gives a smaller bound, which the next look corrects.
  const metric = /^balancer_clock_ahead_seconds(?:\{.*\})? (-?)(?:39|40)/m
  await eventually(async () => expect((await ahead!.metrics()).text.match(metric)?.[1]).toBe(''), { timeoutMs: 20_000 })
  await eventually(async () => expect((await behind!.metrics()).text.match(metric)?.[1]).toBe('-'), {
    timeoutMs: 20_000,
  })
})

test('a wrong clock of auth alone takes no balancer out', async () => {
  const balancer = await startBalancer(await startAuth({ aheadMs: 3_600_000 }), 0)
  await eventually(async () => expect((await balancer.readyz()).status).toBe(200), { timeoutMs: 60_000 })
  expect(balancer.process.output()).not.toContain('the clock of this machine')
})

test('the clock of a server is the date of its answer, to the second', async () => {
  const askedMs = Date.now()
  const theirs = await clockOfServer(await startAuth({ aheadMs: -3_600_000 }))()
  expect(theirs).toBeGreaterThan(askedMs - 3_600_000 - 1_000)
  expect(theirs).toBeLessThan(Date.now() - 3_600_000 + 1_000)
})
