import type { Clock } from '@fastchat/clock'
import type { ServiceName } from '@fastchat/schema'
import { OperatorError, startProcess } from '@fastchat/testkit/local'
import { buildWeb } from '@fastchat/web/build'
import { openDataFolder } from './data-folder.ts'
import { openFrontDoor } from './front-door.ts'
import { type Kept, keepRunning } from './keep-running.ts'
import type { Locate } from './locate.ts'
import type { Run } from './run.ts'
import { ensureSecrets } from './secrets.ts'
import { planServices, type ServiceProcess } from './services.ts'
import type { StartConfig } from './start-config.ts'
import { openStores } from './stores.ts'

export type Installation = { readonly url: string; stop(): Promise<void> }

/**
 * The number of tries of a first start. With their pauses they take 3.5 s, so a lasting fault is
 * reported soon.
 */
const firstTries = 4

/** The processes that were started, and whether they are up. */
type Started = Map<ServiceProcess, Kept>

/**
 * Starts a whole FastChat on this machine: stores, migrations, one process per service, and one
 * origin before them. Resolves when all are ready. When a step fails or `signal` aborts, it stops
 * what was started and throws the error.
 */
export async function startInstallation(
  config: StartConfig,
  say: (line: string) => void,
  signal: AbortSignal,
  clock: Clock,
): Promise<Installation> {
  const closers: Run['closers'] = []
  const stop = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close()
  }
  try {
    const started: Started = new Map()
    const find: Locate = (service, pod) => locate(started, service, pod)
    const web = await buildWeb()
    const door = await openFrontDoor(config.port, find, { proxies: config.trustProxy, web })
    closers.push(door.close)
    const folder = await openDataFolder(config.dataDir)
    closers.push(folder.release)
    const secrets = await ensureSecrets(folder.secrets)
    const run: Run = { config, folder, secrets, say, signal, clock, closers }
    const services = await planServices(run, await openStores(run))
    signal.throwIfAborted()
    await startServices(run, services, started)
    signal.throwIfAborted()
    return { url: door.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startServices(
  { folder, say, closers, signal, clock }: Run,
  services: readonly ServiceProcess[],
  started: Started,
): Promise<void> {
  say(`Starting ${services.map(({ name }) => name).join(', ')} …`)
  closers.push(() => stopServices(started))
  const startOne = async (service: ServiceProcess) => {
    const { name, file, adminPort, env } = service
    const logFile = await folder.logFile(name)
    const readyWhen = `http://127.0.0.1:${adminPort}/readyz`
    try {
      const start = () => startProcess({ name, file, env, readyWhen, logFile })
      started.set(service, await keepRunning(name, start, say, { firstTries, signal, clock }))
    } catch (cause) {
      throw new OperatorError(`${name} did not start. Its log says why: ${logFile}`, { cause })
    }
  }
  // This waits for all, so that none is still starting when a failure stops the others.
  const results = await Promise.allSettled(services.map(startOne))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/**
 * Stops the pods first and at the same time, since each drains its sockets; then the services that
 * they call.
 */
async function stopServices(started: Started): Promise<void> {
  const those = (isPod: boolean) => [...started].filter(([{ service }]) => (service === 'chat') === isPod)
  await Promise.all(those(true).map(([, kept]) => kept.stop()))
  await Promise.all(those(false).map(([, kept]) => kept.stop()))
}

let turn = 0

/**
 * Returns the address of a process of the service that is up, in turns, or of the process that is
 * named.
 */
function locate(started: Started, service: ServiceName, pod?: string): string | undefined {
  const up = [...started].filter(
    ([process, kept]) => process.service === service && (pod === undefined || process.name === pod) && kept.isUp(),
  )
  turn += 1
  const chosen = up[turn % up.length]
  return chosen && `http://127.0.0.1:${chosen[0].port}`
}
