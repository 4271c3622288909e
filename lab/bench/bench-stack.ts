import { join } from 'node:path'
import type { Query, SeedDevice } from '@fastchat/tests/seed'
import { signTokens } from '@fastchat/tests/sign-tokens'
import { Stack } from '@fastchat/tests/stack'
import { ensureSecrets } from '@fastchat/tools/secrets'
import type { Parts } from './proc.ts'

/** So much that it never binds. It is there to keep one device from flooding; a few devices stand for very many here. */
const unlimited = '1000000'

/** A stack whose processes are known by pid, and that lets one device send as fast as it can. */
export type BenchStack = {
  readonly stack: Stack
  readonly query: Query
  /** All server processes: pods, auth, balancer, Redis, PostgreSQL. */
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

/** PostgreSQL's first process, the parent of all the others. */
export async function postgresPid(query: Query): Promise<number> {
  const [row] = await query("select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int as pid", [])
  return Number(row?.pid)
}
