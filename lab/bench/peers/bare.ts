import { join } from 'node:path'
import { freePort, startProcess } from '@fastchat/testkit'
import type { SocketPlan } from '../driver/calls.ts'
import type { Parts } from '../proc.ts'

/**
 * Starts a server that only holds connections, without authentication or conversations. It is the
 * floor for idle connections.
 */
export async function startBare(env: Readonly<Record<string, string>>) {
  const port = await freePort()
  const server = await startProcess({
    name: 'bare',
    file: join(import.meta.dirname, 'bare-server.ts'),
    env: { ...env, NODE_ENV: 'production', PORT: String(port) },
    readyWhen: `http://127.0.0.1:${port}/readyz`,
  })
  return {
    servers: { bare: server.pid } satisfies Parts,
    nodes: ['bare'] as const,
    idle: async (count: number): Promise<readonly SocketPlan[]> =>
      Array.from({ length: count }, () => ({ bare: `ws://127.0.0.1:${port}/` })),
    stop: async () => void (await server.stop()),
  }
}
