import { createRest, type Enrolled, logIn, type Rest, signIn, signUp } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import { authOperations } from '@fastchat/schema'
import { password, passwordWork } from '@fastchat/tests/password'
import { RawSocket } from '@fastchat/tests/raw-socket'
import { type BenchStack, startBenchStack } from '../bench-stack.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

/** Log-outs of each kind. Each ends two sockets, on two pods. */
const samples = 20
/** The promises, in milliseconds. */
const [promised, promisedWithoutRedis] = [2_000, 10_000]

/**
 * Measures the time from "log out everywhere" to the close of sockets, on two pods. It does so with
 * Redis and after Redis was killed.
 */
export async function benchSessions({ say, signal }: Bench): Promise<readonly Row[]> {
  say('sessions: starting two pods …')
  const bench = await startBenchStack(2, {}, { SIGNUPS_PER_IP_MINUTE: '100000', RATE_PER_IP_MINUTE: '100000' })
  try {
    const withRedis = await measure(bench, 'here', signal)
    say('sessions: killing Redis …')
    bench.stack.redis.kill('SIGKILL')
    await bench.stack.redis.exited
    const without = await measure(bench, 'gone', signal)
    return [
      ...rowsOf('log out everywhere, until a socket is closed', withRedis, promised),
      ...rowsOf('the same without Redis', without, promisedWithoutRedis),
    ]
  } finally {
    await bench.stack.stop()
  }
}

const rowsOf = (name: string, times: readonly number[], atMost: number): Row[] => [
  rowOf({ name: `${name}: p50`, unit: 'ms' }, at(times, 0.5)),
  rowOf({ name: `${name}: the longest of ${times.length}`, unit: 'ms', targets: [{ atMost }] }, at(times, 1)),
]

const at = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(share * times.length) - 1] ?? Number.NaN

async function measure({ stack }: BenchStack, kind: string, signal: AbortSignal): Promise<number[]> {
  const rest = createRest(stack.url)
  const times: number[] = []
  for (let n = 0; n < samples; n++) {
    signal.throwIfAborted()
    const name = `leaver-${kind}-${n}`
    const first = await device(stack.url, rest, await signUp(rest, name, password, undefined, passwordWork))
    const second = await device(stack.url, rest, await logIn(rest, name, password, passwordWork))
    const sockets = [await RawSocket.hello(stack.pod(0), first), await RawSocket.hello(stack.pod(1), second)]
    const startedAt = performance.now()
    const closed = sockets.map((socket) => socket.closed.then(() => performance.now() - startedAt))
    await rest.call(authOperations.endSessions, { token: first, body: { keepThis: false } })
    times.push(...(await Promise.all(closed)))
  }
  return times
}

/** Signs a new device in, and returns its access token. */
async function device(url: string, rest: Rest, enrolled: Enrolled): Promise<string> {
  const store = memoryStore()
  await signIn(url, store, enrolled, 'bench')
  const { refreshToken } = JSON.parse(new TextDecoder().decode(await store.get('meta', 'session'))) as {
    refreshToken: string
  }
  return (await rest.call(authOperations.refresh, { body: { refreshToken } })).accessToken
}
