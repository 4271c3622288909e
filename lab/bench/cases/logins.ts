import { availableParallelism } from 'node:os'
import { authOperations } from '@fastchat/schema'
import { argon2id, hash, verify } from 'argon2'
import { type BenchStack, startBenchStack } from '../bench-stack.ts'
import { mannWhitney } from '../mann-whitney.ts'
import { percentile } from '../percentile.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

/**
 * The cost parameters of auth. The time of one such hash on this machine bounds the rate of logins.
 */
const cost = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const
const hashSamples = 20
const accounts = 500
const password = 'bench-login-value'
/** The target, as a share of the rate that the hash allows. */
const targets = [{ atLeast: 0.9 }]

/**
 * Measures logins by HTTP with the right password. Then compares how long auth takes to reject a
 * wrong password and an unknown name.
 */
export async function benchLogins({ options, say, signal }: Bench): Promise<readonly Row[]> {
  say('logins: timing one hash …')
  const passwordHash = await hash(password, cost)
  const verifyOnce = () => verify(passwordHash, password)
  const hashMs = percentile(await timesOf(hashSamples, verifyOnce), 0.5)
  const hashesTookMs = await floodOf(options.seconds, signal, verifyOnce)
  const bench = await startBenchStack(1, {}, { RATE_PER_IP_MINUTE: '1000000' })
  try {
    await seedAccounts(bench, passwordHash)
    const logIn = loginBy(`http://127.0.0.1:${bench.stack.port('auth')}${authOperations.login.path}`)
    say('logins: measuring …')
    const tookMs = await floodOf(options.seconds, signal, (n) => logIn(`login-${n % accounts}`, password, 200))
    const rate = tookMs.length / options.seconds
    const bound = availableParallelism() / (hashMs / 1000)
    const floor = hashesTookMs.length / options.seconds
    say('logins: comparing rejections …')
    const wrong: number[] = []
    const unknown: number[] = []
    for (let n = 0; n < options.samples; n++) {
      signal.throwIfAborted()
      wrong.push(...(await timesOf(1, () => logIn(`login-${n % accounts}`, 'not it', 401))))
      unknown.push(...(await timesOf(1, () => logIn(`nobody-${n}`, 'not it', 401))))
    }
    const { p } = mannWhitney(wrong, unknown)
    const note = `what one hash and the cores allow: ${bound.toFixed(0)}/s`
    const sample = `median of ${options.samples}`
    return [
      rowOf({ name: 'logins, rate', unit: 'logins/s', note }, rate),
      rowOf({ name: 'logins, rate as a part of what the hash allows', unit: '×', targets }, rate / bound),
      rowOf(
        {
          name: 'logins, rate as a part of what this machine can hash',
          unit: '×',
          note: `nothing but hashes, as many at a time: ${floor.toFixed(0)}/s`,
        },
        rate / floor,
      ),
      rowOf(
        { name: 'logins, one hash', unit: 'ms', note: 'argon2id, 19 MiB, two passes, nothing else at work' },
        hashMs,
      ),
      rowOf({ name: 'logins, p99', unit: 'ms', note: `${outstanding} at a time` }, percentile(tookMs, 0.99)),
      rowOf({ name: 'logins, wrong password', unit: 'ms', note: sample }, percentile(Float64Array.from(wrong), 0.5)),
      rowOf({ name: 'logins, unknown name', unit: 'ms', note: sample }, percentile(Float64Array.from(unknown), 0.5)),
      rowOf(
        {
          name: 'logins, chance that both take the same time',
          unit: 'p',
          note: 'Mann-Whitney; small means that they differ',
        },
        p,
      ),
    ]
  } finally {
    await bench.stack.stop()
  }
}

/** This is enough to keep all cores busy, and far fewer than auth queues. */
const outstanding = 2 * availableParallelism()

async function seedAccounts({ query }: BenchStack, passwordHash: string): Promise<void> {
  await query(
    `insert into "user" (pub_id, username, password_hash, account_key)
     select gen_random_uuid(), 'login-' || n, $1, decode(repeat('00', 32), 'hex') from generate_series(0, $2::int - 1) n`,
    [passwordHash, accounts],
  )
}

const loginBy = (url: string) => async (username: string, secret: string, expected: number) => {
  const body = JSON.stringify({ username, password: secret })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (response.status !== expected) throw new Error(`a login was answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

/**
 * Runs `work` for `seconds`, `outstanding` at a time. Returns how long each run took that began and
 * ended in that time, in ms.
 */
async function floodOf(
  seconds: number,
  signal: AbortSignal,
  work: (n: number) => Promise<unknown>,
): Promise<Float64Array> {
  const tookMs: number[] = []
  const endMs = performance.now() + seconds * 1000
  let count = 0
  const worker = async () => {
    for (;;) {
      signal.throwIfAborted()
      const startedAt = performance.now()
      await work(count++)
      if (performance.now() > endMs) return
      tookMs.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: outstanding }, worker))
  return Float64Array.from(tookMs)
}

async function timesOf(count: number, work: () => Promise<unknown>): Promise<Float64Array> {
  const tookMs = new Float64Array(count)
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now()
    await work()
    tookMs[n] = performance.now() - startedAt
  }
  return tookMs
}
