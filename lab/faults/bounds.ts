import type { Journal } from './clients/journal.ts'
import type { Installation } from './installation.ts'

/** The most that the parts of an installation may use at any moment (K11). */
export type Bounds = {
  /**
   * Memory of each pod. It starts with about 130 MiB, and recent entries may take 64. The heap
   * grows before V8 collects it: at 900 messages/s the total ends at 370 MiB.
   */
  readonly residentMib: number
  /** Files and sockets of each pod. */
  readonly openFiles: number
  /**
   * 99th percentile of the event loop's lag between two readings of a pod. Above 500 ms the pod
   * would reject sends.
   */
  readonly lagMs: number
  /** Connections of all services together. */
  readonly databaseConnections: number
}

/**
 * Connection pools, Redis, the listening socket, and Node's open files, with room for those that
 * are closing.
 */
const filesOfPod = 90
/** A device that comes back before its pod has noticed that it left has two sockets. */
const socketsOfDevice = 2
/**
 * Connections of auth and three pods with full pools, and those of a killed pod that PostgreSQL has
 * not noticed yet.
 */
const maxDatabaseConnections = 90

export const boundsOf = (devices: number): Bounds => ({
  residentMib: 512,
  openFiles: filesOfPod + socketsOfDevice * devices,
  lagMs: 500,
  databaseConnections: maxDatabaseConnections,
})

const lookEveryMs = 2_000
const answerMs = 1_500
const mebibyte = 1024 * 1024

/**
 * Reads the figures of the pods and the database again and again, and writes them to the journal.
 * Skips a part that does not answer. Returns a function that stops it.
 */
export function watchBounds(installation: Installation, journal: Journal, bounds: Bounds): () => Promise<void> {
  const seen = new Map<string, number>()
  const tell = (what: string, value: number | undefined, max: number) => {
    if (value !== undefined) journal.write({ op: 'bound', what, value: Math.round(value), max })
  }
  const look = async () => {
    for (const pod of installation.pods) {
      const metrics = await readMetrics(installation.stack.admin(pod))
      if (!metrics) continue
      const bornAt = metrics.get('process_start_time_seconds') ?? 0
      const resident = metrics.get('process_resident_memory_bytes')
      tell(`${pod} resident MiB`, resident && resident / mebibyte, bounds.residentMib)
      tell(`${pod} open files`, metrics.get('process_open_fds'), bounds.openFiles)
      // The first reading of a pod would include its start.
      const lag = metrics.get('nodejs_eventloop_lag_p99_seconds')
      if (seen.get(pod) === bornAt) tell(`${pod} event loop lag p99 ms`, lag && lag * 1_000, bounds.lagMs)
      seen.set(pod, bornAt)
    }
    tell('database connections', await connectionsOf(installation), bounds.databaseConnections)
  }
  let isOver = false
  let wake = () => {}
  const watching = (async () => {
    while (!isOver) {
      await look()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, isOver ? 0 : lookEveryMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()
  return async () => {
    isOver = true
    wake()
    await watching
  }
}

async function readMetrics(url: string): Promise<ReadonlyMap<string, number> | undefined> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(answerMs) })
    .then((response) => (response.ok ? response.text() : Promise.reject(new Error(`metrics: ${response.status}`))))
    .catch(() => undefined)
  if (answer === undefined) return undefined
  const metrics = new Map<string, number>()
  for (const [, name = '', value] of answer.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm)) metrics.set(name, Number(value))
  return metrics
}

async function connectionsOf({ stack }: Installation): Promise<number | undefined> {
  const count =
    "select count(*)::int as count from pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
  return await stack.sql(count).then(
    ([row]) => Number(row?.count),
    () => undefined,
  )
}
