import { join } from 'node:path'
import type { Query, SeedDevice } from '@fastchat/tests/seed'
import { signTokens } from '@fastchat/tests/sign-tokens'
import { Stack } from '@fastchat/tests/stack'
import { ensureSecrets } from '@fastchat/tools/secrets'
import type { Parts } from './proc.ts'

/**
 * A rate limit so high that it never rejects. In an installation the limits keep one device from
 * flooding; here a few devices send the traffic of very many.
 */
const unlimited = '1000000'

/** A stack without rate limits, whose server processes are known by pid. */
export type BenchStack = {
  readonly stack: Stack
  readonly query: Query
  /** The pids of all server processes: pods, auth, balancer, Redis, PostgreSQL. */
  readonly servers: Parts
  tokens(devices: readonly SeedDevice[]): Promise<readonly string[]>
}

export async function startBenchStack(
  pods: number,
  podEnv: Readonly<Record<string, string>> = {},
  authEnv: Readonly<Record<string, string>> = {},
): Promise<BenchStack> {
  const stack = await Stack.start({
    pods,
    podEnv: {
      ...podEnv,
      SENDS_PER_SECOND: unlimited,
      SEND_BURST: unlimited,
      USER_SENDS_PER_SECOND: unlimited,
      USER_SEND_BURST: unlimited,
      WAITING_SOCKETS: unlimited,
      POD_CAPACITY: '60000',
      ARRIVING_DEVICES: unlimited,
    },
    authEnv,
  })
  const query: Query = (text, values) => stack.sql(text, values)
  const names = ['auth', 'balancer', ...Array.from({ length: pods }, (_, n) => `chat-${n}`)]
  const { signingKeys } = await ensureSecrets(join(stack.folder, 'secrets'))
  return {
    stack,
    query,
    servers: {
      ...Object.fromEntries(names.map((name) => [name, stack.process(name).pid])),
      redis: stack.redis.pid,
      postgres: await postgresPid(query),
    },
    tokens: (devices) => signTokens(signingKeys, devices),
  }
}

/** Returns the pid of PostgreSQL's first process, the parent of all its others. */
export async function postgresPid(query: Query): Promise<number> {
  const [row] = await query("select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int as pid", [])
  return Number(row?.pid)
}
