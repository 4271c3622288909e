import { systemClock } from '@fastchat/clock'
import { listen, loadConfig, runService } from '@fastchat/service'
import { buildApp } from './app.ts'
import { ConfigSchema } from './config.ts'
import { openDeps } from './deps.ts'

await runService('auth', async ({ env, log, life }) => {
  const config = loadConfig(ConfigSchema, env)
  const deps = await openDeps(config, { log, life, clock: systemClock })
  const server = await buildApp(deps, { log, life })
  await listen(server, { host: config.HOST, port: config.PORT, adminPort: config.ADMIN_PORT })
})
