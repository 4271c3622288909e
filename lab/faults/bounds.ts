import type { Journal } from './clients/journal.ts'
import type { Installation } from './installation.ts'

/** What the parts of an installation may use at any moment (K11). */
export type Bounds = {
  /** Of each pod. It starts with about 130; 64 may be recent entries; a heap that V8 lets grow before it collects: at 900/s that ends at 370. */
  readonly residentMib: number
  /** Of each pod: files and sockets. */
  readonly openFiles: number
  /** 99th percentile between two looks at a pod. Above 500 ms it would refuse to store. */
  readonly lagMs: number
  /** Of all services together. */
  readonly databaseConnections: number
}

/** Pools, Redis, the listening socket, and what Node has open, with room for those that are being closed. */
const filesOfPod = 90
/** A device that comes back before its pod has seen it go has two. */
const socketsOfDevice = 2
/** Auth and three pods, each with all of its pools full, and what a killed pod has left for PostgreSQL to find out. */
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

/** Looks at the pods and the database again and again, and has the history say what it saw. What does not answer is not looked at. */
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
      // The first look at a pod would see its start.
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
