import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from './free-port.ts'
import { reservePort } from './reserve-port.ts'

/** A process id above the greatest of any system. */
const nobodysPid = 2 ** 30
const run = promisify(execFile)
const module = JSON.stringify(join(import.meta.dirname, 'free-port.ts'))
/**
 * The number of ports that each process asks for, out of 17 000. Without reservations, two
 * processes would almost surely get one in common.
 */
const count = 400

async function portsOfAnother(): Promise<number[]> {
  const source = `const { freePort } = await import(${module}); const ports = [];
    for (let n = 0; n < ${count}; n++) ports.push(await freePort()); console.log(JSON.stringify(ports));
    process.stdin.resume().on('end', () => process.exit()); await new Promise(() => {})`
  const child = run(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', source])
  let text = ''
  const ports = await new Promise<number[]>((resolve) =>
    child.child.stdout?.on('data', (piece: string) => {
      text += piece
      if (text.endsWith('\n')) resolve(JSON.parse(text) as number[])
    }),
  )
  running.push(() => {
    child.child.stdin?.end()
    return child
  })
  return ports
}
const running: (() => Promise<unknown>)[] = []

test('processes that look for ports at the same time never get the same one', async () => {
  const [one, two] = await Promise.all([portsOfAnother(), portsOfAnother()])
  expect(new Set([...one, ...two]).size).toBe(2 * count)
  expect(reservePort(one[0]!)).toBe(false)
  await Promise.all(running.map((end) => end()))
  expect(reservePort(one[0]!)).toBe(true) // Its process has ended.
})

test('one process gets a port only once', async () => {
  expect(reservePort(await freePort())).toBe(false)
})

describe('a reservation of a process that was killed', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fastchat-ports-test-'))
    await mkdir(join(folder, 'fastchat-ports'))
    await Promise.all([folder, join(folder, 'fastchat-ports')].map((path) => chmod(path, 0o1777)))
    await writeFile(join(folder, 'fastchat-ports', '20000'), String(nobodysPid))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const reserve = (ports: readonly number[], become = '') => {
    const from = JSON.stringify(join(import.meta.dirname, 'reserve-port.ts'))
    const source = `const { reservePort } = await import(${from}); ${become}
      console.log(JSON.stringify(${JSON.stringify(ports)}.map((port) => reservePort(port))))`
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', source]
    return run(process.execPath, args, { env: { ...process.env, TMPDIR: folder } }).then(({ stdout }) =>
      JSON.parse(stdout),
    )
  }

  test('ends, so the port is free again', async () => {
    expect(await reserve([20_000, 20_001])).toEqual([true, true])
    expect(await readdir(join(folder, 'fastchat-ports'))).toEqual([])
  })

  test('stays if it belongs to another account', async () => {
    const isRoot = process.getuid?.() === 0
    const become = isRoot ? 'process.setuid(65534);' : ''
    expect(await reserve([20_000, 20_001], become)).toEqual([!isRoot, true])
  })
})
