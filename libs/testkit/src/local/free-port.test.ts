import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'
import { reservePort } from './reserve-port.ts'

const run = promisify(execFile)
const module = JSON.stringify(join(import.meta.dirname, 'free-port.ts'))
/** Of 17 000 ports: without an agreement some of them would be the same, all but surely. */
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
  expect(reservePort(one[0]!)).toBe(true) // its process has ended
})

test('a port is given once', async () => {
  expect(reservePort(await freePort())).toBe(false)
})
