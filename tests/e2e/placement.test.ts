import { errors, type Placement } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawSocket } from '../support/raw-socket.ts'
import { seedDevices } from '../support/seed.ts'
import { signTokens } from '../support/sign-tokens.ts'
import { Stack } from '../support/stack.ts'

const connections = 500
/** The number of connections that begin at the same time. */
const atOnce = 25

let stack: Stack
let tokens: readonly string[]
const sockets: RawSocket[] = []

beforeAll(async () => {
  stack = await Stack.start({ pods: 3 })
  tokens = await signTokens(
    stack.signingKeysFile,
    await seedDevices((text, values) => stack.sql(text, values), connections + 1),
  )
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  await stack.stop()
})

async function ask(token: string): Promise<Response> {
  return await fetch(`${stack.url}/v1/pod`, { headers: { authorization: `Bearer ${token}` } })
}

test('500 connections spread evenly over 3 pods', async () => {
  const waiting = [...tokens.slice(1)]
  const perPod = new Map<string, number>()
  const arrive = async () => {
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
      // The answer has the form of the contract.
      const { candidates } = (await (await ask(token)).json()) as Placement
      const socket = await RawSocket.hello(stack.url.replace('http', 'ws') + candidates[0]?.url, token)
      sockets.push(socket)
      const ready = await socket.until((frame) => frame.t === 'ready')
      const pod = ready.t === 'ready' ? ready.pod : ''
      expect(pod).toBe(candidates[0]?.pod)
      perPod.set(pod, (perPod.get(pod) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, arrive))
  const counts = [...perPod.values()]
  expect(counts).toHaveLength(3)
  expect(counts.reduce((sum, count) => sum + count)).toBe(connections)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(0.1 * (connections / 3))
})

test('a killed pod soon gets no clients, and without any pod the answer is 503 no_services_available', async () => {
  const [token = ''] = tokens
  const offered = async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(token)))
    const placements = (await Promise.all(answers.map((answer) => answer.json()))) as Placement[]
    return new Set(placements.flatMap(({ candidates }) => candidates.map(({ pod }) => pod)))
  }
  expect(await offered()).toContain('chat-1')
  await stack.kill('chat-1')
  // The test asks no faster than the balancer allows.
  await eventually(async () => expect(await offered()).toEqual(new Set(['chat-0', 'chat-2'])), {
    timeoutMs: 20_000,
    everyMs: 500,
  })
  await stack.end('chat-0')
  await stack.kill('chat-2')
  await eventually(
    async () => {
      const answer = await ask(token)
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({
        error: { code: 'no_services_available', message: errors.no_services_available.message },
      })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    },
    { timeoutMs: 20_000, everyMs: 500 },
  )
})
