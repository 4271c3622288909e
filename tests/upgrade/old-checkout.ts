import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { eventually, freePort, type OwnedProcess, startProcess } from '@fastchat/testkit'
import { descendantsRunning } from './descendants.ts'

export type JsonLine = Readonly<Record<string, unknown>>

/**
 * A checkout of an earlier commit: its installation and its command line. Both run with the same
 * Node as this program.
 */
export type OldCheckout = {
  /** Runs `npm start` in the checkout. */
  start(): Promise<OwnedProcess>
  /** Runs a command that must succeed, with the home `home`. Returns its lines. */
  fastchat(home: string, ...args: readonly string[]): Promise<readonly JsonLine[]>
  /** Runs a device that stays connected until it is killed. */
  tail(home: string): Promise<{ kill(): Promise<void> }>
  /** Returns the process ids of the running chat pods. */
  podIds(): readonly number[]
  folderOf(home: string): string
}

const readyMs = 180_000

/**
 * Opens the checkout in `folder`, which has its node_modules. Its installation has its data in
 * `dataDir`.
 */
export async function oldCheckout(
  folder: string,
  { dataDir, homes, password }: { dataDir: string; homes: string; password: string },
): Promise<OldCheckout> {
  const port = await freePort()
  const folderOf = (home: string) => join(homes, home)
  let installation: OwnedProcess | undefined
  const run = (home: string, args: readonly string[]) =>
    spawn(process.execPath, [join(folder, 'apps', 'cli', 'src', 'main.ts'), ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: homes,
        FASTCHAT_URL: `http://localhost:${port}`,
        FASTCHAT_HOME: folderOf(home),
        FASTCHAT_PASSWORD: password,
      },
    })
  const fastchat = async (home: string, ...args: readonly string[]) => {
    const child = run(home, args)
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (code !== 0) throw new Error(`${home}: fastchat ${args.join(' ')} ended with ${code}: ${out}`)
    return linesOf(out)
  }
  return {
    folderOf,
    fastchat,
    async start() {
      installation = await startProcess({
        name: 'the old installation',
        file: join(folder, 'tools', 'bootstrap.mjs'),
        args: ['start'],
        env: { DATA_DIR: dataDir, PORT: String(port) },
        readyWhen: async () => {
          const { status } = await fetch(`http://localhost:${port}/v1/kdf?username=nobody`)
          if (status !== 200) throw new Error(`it answers ${status}`)
        },
        readyTimeoutMs: readyMs,
      })
      return installation
    },
    async tail(home) {
      const child = run(home, ['tail'])
      const ended = once(child, 'close')
      child.stdout.resume()
      // When it holds its home, it answers other commands of that home. It is connected when it has
      // caught up for them.
      await eventually(() => expectHeld(folderOf(home)), { timeoutMs: readyMs })
      await fastchat(home, 'chats')
      return {
        async kill() {
          child.kill('SIGKILL')
          await ended
        },
      }
    },
    podIds: () => descendantsRunning(installation?.pid ?? 0, join('services', 'chat', 'src', 'main.ts')),
  }
}

function expectHeld(home: string): void {
  if (!existsSync(join(home, 'agent.sock'))) throw new Error(`nobody holds ${home}`)
}

const linesOf = (out: string): JsonLine[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
