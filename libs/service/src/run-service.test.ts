import { fileURLToPath } from 'node:url'
import { eventually, startProcess } from '@fastchat/testkit'
import { expect, test } from 'vitest'

const file = fileURLToPath(new URL('../testing/troubled-service.ts', import.meta.url))
const start = (TROUBLE?: string) => startProcess({ name: 'fixture', file, env: { TROUBLE, POD_NAME: 'pod-7' } })

test('ends cleanly on a signal, newest resource first', async () => {
  const service = await start()
  await eventually(() => expect(service.output()).toContain('ready'))
  expect(await service.stop()).toEqual({ code: 0, signal: null })
  expect(service.output()).toMatch(/stopping.*\n.*second closed.*\n.*first closed/)
  expect(JSON.parse(service.output().split('\n')[0] ?? '')).toMatchObject({ service: 'fixture', pod: 'pod-7' })
})

test.each(['exception', 'rejection'])(
  'an uncaught %s ends it at once; the log has the code, not the message',
  async (trouble) => {
    const service = await start(trouble)
    expect(await service.exited).toEqual({ code: 1, signal: null })
    expect(service.output()).toContain('"code":"EBROKEN"')
    expect(service.output()).not.toContain('canary')
  },
)

test('closes the opened resources when the start fails', async () => {
  const service = await start('start')
  expect(await service.exited).toEqual({ code: 1, signal: null })
  expect(service.output()).toMatch(/cannot start.*\n.*second closed.*\n.*first closed/)
})
