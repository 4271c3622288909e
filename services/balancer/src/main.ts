import { systemClock } from '@fastchat/clock'
import { listen, loadConfig, runService } from '@fastchat/service'
import { buildApp } from './app.ts'
import { Config } from './config.ts'
import { openDeps } from './deps.ts'

await runService('balancer', async ({ env, log, life }) => {
  const config = loadConfig(Config, env)
  const server = await buildApp(openDeps(config, { log, life, clock: systemClock }))
  await listen(server, { host: config.HOST, port: config.PORT, adminPort: config.ADMIN_PORT })
})
