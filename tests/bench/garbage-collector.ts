import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@fastchat/testkit'
import { WebSocket } from 'ws'

const openWaitMs = 5_000

export type GarbageCollector = {
  /** What the process must be started with. One process at a time. */
  readonly env: Readonly<Record<string, string>>
  collect(pid: number): Promise<void>
}

/**
 * Collects a process's garbage from outside, by the inspector that every Node opens on SIGUSR1: what a process holds can be told
 * from what it has only not let go of yet. Start the process with `env`.
 */
export async function garbageCollector(): Promise<GarbageCollector> {
  const port = await freePort()
  return {
    env: { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}` },
    async collect(pid: number): Promise<void> {
      process.kill(pid, 'SIGUSR1')
      const ws = new WebSocket(await inspectorUrl(port))
      await new Promise((resolve, reject) => {
        ws.on('error', reject)
        ws.on('open', () => ws.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' })))
        ws.on('message', resolve)
      })
      ws.close()
    },
  }
}

async function inspectorUrl(port: number): Promise<string> {
  for (const deadline = performance.now() + openWaitMs; ; await delay(20)) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`)
      // As Node documents it: one target.
      const [target] = (await response.json()) as [{ webSocketDebuggerUrl: string }]
      return target.webSocketDebuggerUrl
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}
