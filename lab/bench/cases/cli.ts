import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startBenchStack } from '../bench-stack.ts'
import { cpuOf, cpuOfEnded } from '../proc.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

const launcher = join(import.meta.dirname, '..', '..', '..', 'apps', 'cli', 'bin', 'fastchat.mjs')
/** The kernel counts CPU in steps of 10 ms, so the figure is the mean of this many runs. */
const runs = 10
const sends = 300

/**
 * Measures what it costs to start the command line, and what a message costs in `fastchat api`,
 * which runs as one long process.
 */
export async function benchCli({ say, signal }: Bench): Promise<readonly Row[]> {
  const bench = await startBenchStack(1)
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-bench-cli-'))
  const fastchat = (name: string, ...args: readonly string[]) =>
    spawn(process.execPath, [launcher, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        FASTCHAT_URL: bench.stack.url,
        FASTCHAT_HOME: join(folder, name),
        FASTCHAT_PASSWORD: 'correct horse battery staple',
      },
    })
  const must = async (name: string, ...args: readonly string[]) => {
    const child = fastchat(name, ...args)
    child.stdin.end()
    child.stdout.resume()
    const [code] = await once(child, 'close', { signal })
    if (code !== 0) throw new Error(`fastchat ${args.join(' ')} ended with ${code}`)
  }
  const startUp = async (target: number, ...args: readonly string[]) => {
    say(`cli: fastchat ${args.join(' ')} …`)
    const before = await cpuOfEnded()
    for (let n = 0; n < runs; n++) await must('ann', ...args)
    const ms = ((await cpuOfEnded()) - before) / runs / 1_000
    return rowOf({ name: `cli, CPU of fastchat ${args[0]}`, unit: 'ms', targets: [{ atMost: target }] }, ms)
  }
  const sendMany = async () => {
    say(`cli: ${sends} messages in fastchat api …`)
    const child = fastchat('ann', 'api')
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    /** Sends `count` messages and waits until all are stored. */
    const send = async (count: number) => {
      for (let id = 0; id < count; id++) {
        const args = { to: 'ben', text: `message ${id}` }
        child.stdin.write(`${JSON.stringify({ id, command: 'send', args })}\n`)
      }
      for (let left = count; left > 0; ) {
        const line = JSON.parse((await lines.next()).value ?? '{"exit":1}')
        if (line.exit !== undefined) left--
        if (line.exit > 0) throw new Error(`a message was not sent: ${JSON.stringify(line.error)}`)
      }
    }
    const used = async () => (await cpuOf({ api: child.pid ?? 0 })).api ?? 0
    await send(1)
    const before = await used()
    await send(sends)
    const ms = ((await used()) - before) / sends / 1_000
    child.stdin.end()
    await once(child, 'close', { signal })
    const note = `${sends} of them, after a first one`
    return rowOf({ name: 'cli, CPU of a message in fastchat api', unit: 'ms', note, targets: [{ atMost: 10 }] }, ms)
  }
  try {
    for (const name of ['ann', 'ben']) await must(name, 'signup', name)
    await must('ann', 'send', 'ben', 'the first message creates the chat')
    return [await startUp(150, '--help'), await startUp(350, 'send', 'ben', 'hello'), await sendMany()]
  } finally {
    await bench.stack.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
