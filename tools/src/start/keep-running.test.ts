import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@fastchat/clock/testing'
import { type Exit, eventually, type OwnedProcess, startProcess } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { keepRunning } from './keep-running.ts'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-keep-'))
const clock = new ManualClock()
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
  const kept = await keepRunning('idle', start, (line) => said.push(line), { clock })
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
  const kept = await keepRunning('it', start, (line) => said.push(line), { clock })
  await eventually(() => expect(said).toHaveLength(3))
  expect(said).toEqual([
    'it ended with code 7; starting it again in 0.5 s',
    'it did not start; starting it again in 1 s',
    'it did not start; starting it again in 2 s',
  ])
  await kept.stop()
  expect(kept.isUp()).toBe(false)
})

test('after it has run for half a minute, the first pause is short again', async () => {
  const said: string[] = []
  const exits: PromiseWithResolvers<Exit>[] = []
  const start = async () => {
    const exit = Promise.withResolvers<Exit>()
    exits.push(exit)
    return { exited: exit.promise, stop: async () => exit.resolve({ code: 0, signal: null }) }
  }
  const kept = await keepRunning('it', start, (line) => said.push(line), { clock })
  exits[0]?.resolve({ code: 7, signal: null })
  await eventually(() => expect(said).toContain('it is back'))
  clock.advance(30_001)
  exits[1]?.resolve({ code: 7, signal: null })
  await eventually(() => expect(said).toHaveLength(4))
  const again = 'it ended with code 7; starting it again in 0.5 s'
  expect(said).toEqual([again, 'it is back', again, 'it is back'])
  await kept.stop()
})

test('a failed first start throws', async () => {
  await expect(
    keepRunning(
      'it',
      () => Promise.reject(new Error('no')),
      () => undefined,
      { clock },
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
  const kept = await keepRunning('it', startAt(3), (line) => said.push(line), { firstTries: 3, clock })
  expect(kept.isUp()).toBe(true)
  attempts = 0
  await expect(keepRunning('it', startAt(3), (line) => said.push(line), { firstTries: 2, clock })).rejects.toThrow(
    'no 2',
  )
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
  const options = { firstTries: 9, signal: aborting.signal, clock }
  await expect(keepRunning('it', start, () => aborting.abort(), options)).rejects.toThrow('no')
  expect(attempts).toBe(1)
  const said: string[] = []
  await expect(keepRunning('it', start, (line) => said.push(line), options)).rejects.toThrow('no')
  expect([attempts, said]).toEqual([2, []])
})
