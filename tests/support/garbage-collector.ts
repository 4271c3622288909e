import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

export type GarbageCollector = {
  /** The environment that the processes need. */
  readonly env: Readonly<Record<string, string>>
  /**
   * Collects garbage in a process and returns the bytes of objects and buffers that it still holds.
   *
   * @throws {Error} when the process has ended, or was not started with `env`
   */
  collect(pid: number): Promise<number>
}

const preloaded = pathToFileURL(join(import.meta.dirname, 'collect-when-asked.mjs')).href

/**
 * Collects garbage in other processes, so that a test can tell held memory from memory not yet
 * collected. Start the processes with `env`. Each then listens on a socket for requests. (The
 * inspector that Node opens on SIGUSR1 is no way to do this: Node crashed with SIGSEGV about once
 * in 200 times that it was opened and closed.)
 */
export async function garbageCollector(): Promise<GarbageCollector> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-garbage-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return {
    env: { NODE_OPTIONS: `--import=${preloaded}`, GARBAGE_FOLDER: folder },
    async collect(pid) {
      const answer = await text(connect(join(folder, String(pid)))).catch(() => '')
      if (answer === '') throw new Error(`process ${pid} has ended, or it was started without the collector`)
      return Number(answer)
    },
  }
}
