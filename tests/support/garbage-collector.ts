import { once } from 'node:events'
import { eventually, freePort } from '@fastchat/testkit'
import { WebSocket } from 'ws'

export type GarbageCollector = {
  /** What the processes must be started with. */
  readonly env: Readonly<Record<string, string>>
  /** Bytes of objects and buffers that the process holds after it. One process at a time. */
  collect(pid: number): Promise<number>
}

/**
 * Collects a process's garbage from outside, by the inspector that every Node opens on SIGUSR1: what a process holds can be told
 * from what it has only not let go of yet. Start the process with `env`. All take the same port, so each is made to leave it again.
 */
export async function garbageCollector(): Promise<GarbageCollector> {
  const port = await freePort()
  return {
    env: { NODE_OPTIONS: `--inspect-port=127.0.0.1:${port}` },
    async collect(pid: number): Promise<number> {
      process.kill(pid, 'SIGUSR1')
      const ws = new WebSocket(await eventually(() => inspectorUrl(port)))
      try {
        await once(ws, 'open')
        const { result: found } = await ask<Evaluated>(ws, 'Runtime.evaluate', { expression: 'process.pid' })
        if (found.value !== pid) throw new Error(`not process ${pid}, but ${found.value} has the inspector's port`)
        await ask(ws, 'HeapProfiler.collectGarbage')
        const { usedSize, backingStorageSize } = await ask<HeapUsage>(ws, 'Runtime.getHeapUsage')
        await ask(ws, 'Runtime.evaluate', { expression: closeInspector })
        ws.close()
        await eventually(() => untilClosed(port))
        return usedSize + backingStorageSize
      } finally {
        ws.close()
      }
    },
  }
}

/** Not at once: closing waits for this very connection. */
const closeInspector = `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 10)`

type HeapUsage = { readonly usedSize: number; readonly backingStorageSize: number }

type Evaluated = { readonly result: { readonly value?: unknown } }

async function inspectorUrl(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`)
  // As Node documents it: one target.
  const [target] = (await response.json()) as [{ webSocketDebuggerUrl: string }]
  return target.webSocketDebuggerUrl
}

async function untilClosed(port: number): Promise<void> {
  const isOpen = await inspectorUrl(port).then(
    () => true,
    () => false,
  )
  if (isOpen) throw new Error("a process keeps the inspector's port")
}

/** One at a time. The types are those of the Chrome DevTools Protocol. */
async function ask<Result>(ws: WebSocket, method: string, params = {}): Promise<Result> {
  ws.send(JSON.stringify({ id: 1, method, params }))
  const [data] = (await once(ws, 'message')) as [Buffer]
  const { result, error } = JSON.parse(data.toString()) as { result: Result; error?: { message: string } }
  if (error) throw new Error(`${method}: ${error.message}`)
  return result
}
