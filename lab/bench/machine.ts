import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly linux: string
  readonly node: string
  /** When the run began, as ISO 8601. */
  readonly at: string
  /** The load average of the last minute. */
  readonly loadAverage: number
}

const giB = 1024 ** 3

export function readMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / giB),
    linux: release(),
    node: process.versions.node,
    at: new Date().toISOString(),
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)),
  }
}

/**
 * Returns how many files a process may have open, sockets among them. Node raises its soft limit to
 * this hard limit.
 */
export async function maxOpenFiles(): Promise<number> {
  const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(await readFile('/proc/self/limits', 'utf8')) ?? []
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard)
}
