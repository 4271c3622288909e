import { buildServer, type Lifecycle, type Logger, type Server } from '@fastchat/service'
import type { Deps } from './deps.ts'
import { createAuthMetrics } from './metrics.ts'
import { bindAccountBackup } from './routes/account-backup.ts'
import { bindAccountState } from './routes/account-state.ts'
import { bindAccounts } from './routes/accounts.ts'
import { bindDevices } from './routes/devices.ts'
import { bindKeyPackages } from './routes/key-packages.ts'
import { bindOwnAccount } from './routes/own-account.ts'
import { bindOwnRecords } from './routes/own-records.ts'
import { bindSessions } from './routes/sessions.ts'
import { bindUsers } from './routes/users.ts'

/** Enough for sixteen key packages and a last-resort one, in base64url. */
const maxBodyBytes = 128 * 1024

export async function buildApp(deps: Deps, { log, life }: { log: Logger; life: Lifecycle }): Promise<Server> {
  const server = await buildServer({
    name: 'auth',
    log,
    life,
    newRequestId: deps.newRequestId,
    maxBodyBytes,
    verifier: deps.verifier,
    ready: deps.ready,
    ...(deps.trustProxy !== undefined && { trustProxy: deps.trustProxy }),
  })
  const metrics = createAuthMetrics(server.metrics, deps)
  const routes = [
    bindSessions,
    bindDevices,
    bindKeyPackages,
    bindUsers,
    bindAccountState,
    bindOwnAccount,
    bindOwnRecords,
    bindAccountBackup,
  ]
  for (const bindRoutes of routes) bindRoutes(server, deps)
  bindAccounts(server, { ...deps, ...metrics })
  return server
}
