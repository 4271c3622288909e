import { cpSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const texts = (count: number, what: string) => Array.from({ length: count }, (_, n) => `${what} ${n}`)

test('a home from an older copy makes new keys before it sends, says so, and all messages are read', async () => {
  const [ann, ben] = [await Machine.of(stack.url, 'ann'), await Machine.of(stack.url, 'ben')]
  await ann.must('send', 'ben', 'first')
  await ben.must('send', 'ann', 'hello')
  await ann.must('history', 'ben')
  const copy = `${ann.home}.copy`
  cpSync(ann.home, copy, { recursive: true })
  for (const text of texts(4, 'before the copy came back')) await ann.must('send', 'ben', text)
  await ben.must('history', 'ann')
  rmSync(ann.home, { recursive: true })
  cpSync(copy, ann.home, { recursive: true })

  const refused = await ann.run('send', 'ben', 'with the old session')
  if (refused.code !== 0) await ann.must('login', 'ann')
  for (const text of texts(4, 'after the copy came back')) await ann.must('send', 'ben', text)
  const got = await ben.texts('ann')
  expect(got).toEqual(
    expect.arrayContaining([...texts(4, 'before the copy came back'), ...texts(4, 'after the copy came back')]),
  )
  const lines = (await ben.must('history', 'ann', '--json')).objects
  expect(lines.filter(({ type }) => type === 'unreadable')).toEqual([])
  const own = (await ann.must('history', 'ben', '--json')).objects
  expect(own.filter(({ kind }) => kind === 'trouble')).toHaveLength(1)
  expect((await ann.must('history', 'ben')).out).toContain('its files are older than they were')
  // Messages in the other direction arrive, too.
  await ben.must('send', 'ann', 'and back')
  expect(await ann.texts('ben')).toContain('and back')
})
