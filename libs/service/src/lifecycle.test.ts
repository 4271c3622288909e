import { expect, test } from 'vitest'
import { createLifecycle } from './lifecycle.ts'

const silent = { error: () => undefined }

test('closes newest first, once, and reports that it is closing', async () => {
  const closed: string[] = []
  const life = createLifecycle(silent)
  const database = life.own('database', (it) => closed.push(it))
  life.own(`server on ${database}`, async (it) => closed.push(it))
  expect(life.isClosing).toBe(false)
  await Promise.all([life.close(), life.close()])
  expect(life.isClosing).toBe(true)
  expect(closed).toEqual(['server on database', 'database'])
})

test('a resource that hangs or throws does not keep the others open', async () => {
  const failed: unknown[] = []
  const closed: string[] = []
  const life = createLifecycle({ error: (fields: unknown) => failed.push(fields) }, { timeoutMs: 10 })
  life.own('first', (it) => closed.push(it))
  life.own('broken', () => Promise.reject(new Error('broken')))
  life.own('stuck', () => new Promise(() => undefined))
  await life.close()
  expect(closed).toEqual(['first'])
  expect(failed).toHaveLength(2)
})
