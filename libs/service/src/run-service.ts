import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import { ConfigError } from './load-config.ts'
import { createLogger, type Logger } from './logger.ts'

/**
 * The time for closing everything besides the slowest resource. Then the process exits even if it
 * hangs.
 */
const moreCloseMs = 10_000
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type ServiceContext = { readonly env: NodeJS.ProcessEnv; readonly log: Logger; readonly life: Lifecycle }

/**
 * Runs a service as this process. On SIGTERM or SIGINT it closes its resources and exits with 0. An
 * uncaught error ends the process at once, because the state is in Postgres. The log gets its code,
 * never its message.
 */
export async function runService(name: string, start: (context: ServiceContext) => Promise<unknown>): Promise<void> {
  const { env } = process
  const level = levels.find((known) => known === env.LOG_LEVEL) ?? 'info'
  const log = createLogger({ service: name, level, ...(env.POD_NAME && { pod: env.POD_NAME }) })
  const life = createLifecycle(log)

  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(1), life.longestCloseMs + moreCloseMs).unref()
    void life.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.on('uncaughtException', (error) => crash(log, error, 'uncaught exception'))
  process.on('unhandledRejection', (error) => crash(log, error, 'unhandled rejection'))

  try {
    await start({ env, log, life })
  } catch (err) {
    if (err instanceof ConfigError) log.fatal({ problems: err.problems }, 'bad configuration')
    else log.fatal({ err }, 'cannot start')
    await life.close()
    process.exit(1)
  }
}

function crash(log: Logger, error: unknown, event: string): never {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown }
  log.fatal({ name: textOf(name), code: textOf(code) }, event)
  process.exit(1)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
