import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, type OwnedProcess, startProcess } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { keepRunning } from './keep-running.ts'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-keep-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const file = join(folder, 'idle.mjs')
await writeFile(file, 'setInterval(() => undefined, 1000)')

test('restarts a killed process and says so, and does not restart it once stopped', async () => {
  const started: OwnedProcess[] = []
  const said: string[] = []
  const start = async () => {
    const process = await startProcess({ name: 'idle', file })
    started.push(process)
    return process
  }
  const kept = await keepRunning('idle', start, (line) => said.push(line))
  expect(kept.isUp()).toBe(true)

  started[0]?.kill('SIGKILL')
  await eventually(() => expect(kept.isUp()).toBe(false))
  await eventually(() => expect(kept.isUp()).toBe(true))
  expect(said).toEqual(['idle was killed (SIGKILL); starting it again in 0.5 s', 'idle is back'])

  await kept.stop()
  expect(started).toHaveLength(2)
  expect(await started[1]?.exited).toEqual({ code: null, signal: 'SIGTERM' })
  expect(said).toHaveLength(2)
})

test('waits longer after each failed start', async () => {
  const said: string[] = []
  let attempts = 0
  const start = async () => {
    attempts += 1
    if (attempts > 1) throw new Error('no')
    return { exited: Promise.resolve({ code: 7, signal: null }), stop: async () => undefined }
  }
  const kept = await keepRunning('it', start, (line) => said.push(line))
  await eventually(() => expect(said).toHaveLength(3))
  expect(said).toEqual([
    'it ended with code 7; starting it again in 0.5 s',
    'it did not start; starting it again in 1 s',
    'it did not start; starting it again in 2 s',
  ])
  await kept.stop()
  expect(kept.isUp()).toBe(false)
})

test('a failed first start throws', async () => {
  await expect(
    keepRunning(
      'it',
      () => Promise.reject(new Error('no')),
      () => undefined,
    ),
  ).rejects.toThrow('no')
})

test('a first start is retried as often as asked for, and then throws the last error', async () => {
  const said: string[] = []
  let attempts = 0
  const startAt = (good: number) => async () => {
    attempts += 1
    if (attempts !== good) throw new Error(`no ${attempts}`)
    return { exited: new Promise<never>(() => undefined), stop: async () => undefined }
  }
  const kept = await keepRunning('it', startAt(3), (line) => said.push(line), { firstTries: 3 })
  expect(kept.isUp()).toBe(true)
  attempts = 0
  await expect(keepRunning('it', startAt(3), (line) => said.push(line), { firstTries: 2 })).rejects.toThrow('no 2')
  expect(attempts).toBe(2)
  const again = (seconds: number) => `it did not start; starting it again in ${seconds} s`
  expect(said).toEqual([again(0.5), again(1), again(0.5)])
})

test('a first start is not retried once the signal aborts', async () => {
  const aborting = new AbortController()
  let attempts = 0
  const start = async () => {
    attempts += 1
    throw new Error('no')
  }
  const options = { firstTries: 9, signal: aborting.signal }
  await expect(keepRunning('it', start, () => aborting.abort(), options)).rejects.toThrow('no')
  expect(attempts).toBe(1)
  const said: string[] = []
  await expect(keepRunning('it', start, (line) => said.push(line), options)).rejects.toThrow('no')
  expect([attempts, said]).toEqual([2, []])
})
