import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import { OperatorError } from '@fastchat/testkit/local'
import { openDataFolder } from './data-folder.ts'
import { type Installation, startInstallation } from './installation.ts'
import { help, readStartConfig } from './start-config.ts'
import { upgradeData } from './upgrade-data.ts'

/**
 * The longest time from Ctrl-C to the end of this process. The children end with it, however stuck
 * they are.
 */
const stopLimitMs = 30_000

/** The address that the CLI uses by default. */
const defaultUrl = 'http://localhost:8080'

const say = (line: string) => console.log(line)

if (process.argv.includes('--help') || process.argv.includes('-h')) say(help)
else if (process.argv.includes('--upgrade-data')) await upgrade()
else await run()

/**
 * A Ctrl-C ends the upgrade at once, and the programs that it started. The next try copies again
 * from the beginning.
 */
async function upgrade(): Promise<void> {
  try {
    const folder = await openDataFolder(readStartConfig(process.env).dataDir)
    try {
      await upgradeData({ dataDir: folder.postgres, logFile: await folder.logFile('postgres'), say })
    } finally {
      await folder.release()
    }
  } catch (error) {
    fail(error)
  }
  process.exit()
}

/** Adds the people and chats of the demo. The installation goes on without them if that fails. */
async function demo(url: string): Promise<void> {
  const { seedDemo } = await import('./demo/seed-demo.ts')
  const folder = join(readStartConfig(process.env).dataDir, 'demo')
  await seedDemo({ url, folder, say }).catch((error: unknown) =>
    console.error(error instanceof OperatorError ? `There is no demo: ${error.message}` : error),
  )
}

function fail(error: unknown): void {
  console.error(error instanceof OperatorError ? `FastChat can't start: ${error.message}` : error)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const stopped = Promise.withResolvers<void>()
  const aborting = new AbortController()
  const stop = () => {
    aborting.abort()
    stopped.resolve()
    setTimeout(() => process.exit(1), stopLimitMs).unref()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.on('disconnect', stop) // the bootstrap, our parent, was killed
  process.channel?.unref()

  let installation: Installation
  try {
    installation = await startInstallation(readStartConfig(process.env), say, aborting.signal, systemClock)
  } catch (error) {
    if (!aborting.signal.aborted) fail(error)
    process.exit()
  }
  say(`FastChat is ready at ${installation.url}`)
  const where = installation.url === defaultUrl ? '' : `FASTCHAT_URL=${installation.url} `
  if (process.argv.includes('--demo')) await demo(installation.url)
  else say(`Try: ${where}npx fastchat signup alice`)
  await stopped.promise
  say('Stopping …')
  await installation.stop()
  say('Stopped. Your data is kept.')
  process.exit()
}
