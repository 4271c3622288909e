import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { garbageCollector } from './garbage-collector.ts'

const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** The size of the buffer that the child keeps. */
const buffered = 8 * 1024 * 1024
/** A program that sends `let go` when the object it no longer references is collected. */
const forgets = `
  globalThis.kept = Buffer.alloc(${buffered})
  globalThis.registry = new FinalizationRegistry(() => process.send('let go'))
  registry.register({}, 0)
  process.send('ready')
  setInterval(() => {}, 1_000)`

async function startForgetful(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const stdio = ['ignore', 'ignore', 'ignore', 'ipc'] as const
  const child = spawn(process.execPath, ['-e', forgets], { env: { ...process.env, ...env }, stdio: [...stdio] })
  started.push(child)
  await once(child, 'message')
  return child
}

test('garbage is collected in the given process alone', async () => {
  const garbage = await garbageCollector()
  const children = [await startForgetful(garbage.env), await startForgetful(garbage.env)]
  for (const child of children) {
    const letGo = once(child, 'message')
    const held = await garbage.collect(child.pid ?? 0)
    expect(await letGo).toContain('let go')
    expect(held).toBeGreaterThan(buffered)
    expect(held).toBeLessThan(10 * buffered)
  }
})

test('a process that has ended collects nothing', async () => {
  const garbage = await garbageCollector()
  const child = await startForgetful(garbage.env)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await expect(garbage.collect(child.pid ?? 0)).rejects.toThrow('has ended')
})
