import { readFileSync } from 'node:fs'
import { authOperations, balancerOperations, chatOperations, clientFrames, type Operation } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GarbageCollector, garbageCollector } from '../../support/garbage-collector.ts'
import { Person } from '../../support/person.ts'
import { RawSocket } from '../../support/raw-socket.ts'
import { Stack } from '../../support/stack.ts'
import { bombard } from './bombard.ts'
import { instanceOf } from './instance-of.ts'
import { mutant } from './mutant.ts'
import { seeded } from './random.ts'

/**
 * The number of frames. FUZZ_FRAMES=1000000 makes a long run and FUZZ_SEED sets the seed; the
 * figures are printed then.
 */
const frames = Number(process.env.FUZZ_FRAMES ?? 20_000)
const seed = Number(process.env.FUZZ_SEED ?? 1)
const bodies = 1_500
/**
 * The limit for the growth of a pod's memory after garbage collection. If it kept each frame, it
 * would exceed the limit even in the short run.
 */
const maxGrowthMiB = 1

let stack: Stack
let alice: Person
let bob: Person
let mallory: Person
let garbage: GarbageCollector
beforeAll(async () => {
  garbage = await garbageCollector()
  stack = await Stack.start({ pods: 1, podEnv: garbage.env })
  ;[alice, bob, mallory] = await Promise.all([
    Person.signUp(stack.url, 'alice'),
    Person.signUp(stack.url, 'bob'),
    Person.signUp(stack.url, 'mallory'),
  ])
  await mallory.offline()
})
afterAll(() => stack?.stop())

const heldMiB = async (name: string) => (await garbage.collect(stack.process(name).pid)) / 1024 ** 2

/**
 * Throws unless the processes are those that were started, healthy, and without errors in their
 * logs.
 */
async function unharmed(names: readonly string[], pids: readonly number[]): Promise<void> {
  expect(names.map((name) => stack.process(name).pid)).toEqual(pids)
  for (const name of names) {
    const ready = await fetch(`${stack.admin(name)}/readyz`)
    expect(ready.status, name).toBe(200)
  }
  const logs = stack.logFiles.map((path) => readFileSync(path, 'utf8')).join('')
  expect(logs).not.toMatch(/unhandled|uncaught|"level":"?(fatal|60)|frame failed|polluted/i)
}

test('the valid frames that the fuzzer changes fit the contract', async () => {
  const random = seeded(seed)
  const socket = await RawSocket.hello(stack.pod(0), await mallory.accessToken())
  for (let n = 0; n < 200; n++)
    socket.write(JSON.stringify(instanceOf(random.pick(Object.values(clientFrames)), random)))
  await socket.ask({ t: 'ping', id: 'last' })
  const codes = socket.frames.flatMap((frame) => (frame.t === 'error' ? [frame.code] : []))
  expect(codes.length).toBeGreaterThan(0)
  expect(codes).not.toContain('malformed_frame')
  socket.close()
})

test(
  `${frames} mutated frames: the pod lives, does not grow, and serves the next as ever`,
  async () => {
    const names = ['chat-0']
    const pids = names.map((name) => stack.process(name).pid)
    const token = await mallory.accessToken()
    const url = stack.pod(0)
    // so that everything is compiled
    await bombard({ url, token, seed: seed + 1, frames: Math.min(frames, 10_000) })
    const [before, startedAt] = [await heldMiB('chat-0'), performance.now()]
    await bombard({ url, token, seed, frames })
    const seconds = (performance.now() - startedAt) / 1_000
    const after = await heldMiB('chat-0')
    if (process.env.FUZZ_FRAMES !== undefined)
      console.log({ seed, frames, perSecond: Math.round(frames / seconds), heldMiB: { before, after } })
    await unharmed(names, pids)
    expect(after - before).toBeLessThan(maxGrowthMiB)
    await alice.send(bob, 'as ever')
    await bob.sees('as ever')
  },
  30 * 60_000,
)

test(`${bodies} mutated bodies: each is refused in the form of the contract, or was right`, async () => {
  const names = ['auth', 'balancer', 'chat-0']
  const pids = names.map((name) => stack.process(name).pid)
  const token = await mallory.accessToken()
  const random = seeded(seed)
  const all: Operation[] = [...Object.values({ ...authOperations, ...balancerOperations, ...chatOperations })]
  const withBody = all.filter(({ body }) => body)
  for (let n = 0; n < bodies; n++) {
    const { method, path, params, body } = random.pick(withBody)
    if (!body) continue
    // the schema is that of an object
    const filled = (params ? instanceOf(params, random) : {}) as Record<string, unknown>
    const answer = await fetch(stack.url + path.replace(/:(\w+)/g, (_, name: string) => String(filled[name])), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: mutant(instanceOf(body, random), random),
    })
    const text = await answer.text()
    if (answer.ok) continue
    expect(answer.status === 503 || answer.status < 500, `${path} ${answer.status} ${text}`).toBe(true)
    expect(JSON.parse(text), path).toMatchObject({ error: { code: expect.any(String), requestId: expect.any(String) } })
  }
  await unharmed(names, pids)
  const user = await fetch(`${stack.url}/v1/users/alice`, { headers: { authorization: `Bearer ${token}` } })
  expect(Object.keys((await user.json()) as object).sort()).toEqual(['accountKey', 'nameSig', 'userId', 'username'])
  await bob.send(alice, 'and back')
  await alice.sees('and back')
})
