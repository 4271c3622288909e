import { once } from 'node:events'
import { eventually, freePort } from '@fastchat/testkit'
import { WebSocket } from 'ws'

export type GarbageCollector = {
  /** The environment that the processes need. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Collects garbage in a process and returns the bytes of objects and buffers that it still holds.
   * Call it for one process at a time.
   */
  collect(pid: number): Promise<number>
}

/**
 * Collects garbage in other processes, so that a test can tell held memory from memory not yet
 * collected. It uses the inspector that Node opens on SIGUSR1. Start the processes with `env`. They
 * all use the same port, so each closes it again.
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

/** Closes the inspector a little later, since closing waits for this connection. */
const closeInspector = `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 10)`

type HeapUsage = { readonly usedSize: number; readonly backingStorageSize: number }

type Evaluated = { readonly result: { readonly value?: unknown } }

async function inspectorUrl(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/json/list`)
  // Node documents that there is one target.
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

/**
 * Sends one request and waits for its answer. The types are those of the Chrome DevTools Protocol.
 */
async function ask<Result>(ws: WebSocket, method: string, params = {}): Promise<Result> {
  ws.send(JSON.stringify({ id: 1, method, params }))
  const [data] = (await once(ws, 'message')) as [Buffer]
  const { result, error } = JSON.parse(data.toString()) as { result: Result; error?: { message: string } }
  if (error) throw new Error(`${method}: ${error.message}`)
  return result
}
