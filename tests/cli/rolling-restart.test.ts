import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 3 })
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'before')
  await ben.must('history', 'ann')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

// If this machine itself stops for two seconds, people see an outage: the test runs once more then.
test('people notice nothing of a rolling update: no error, and every message once, in order', {
  retry: 1,
}, async () => {
  const tailing = ben.start(['tail', 'ann', '--json', '--count', '6'])
  const texts: string[] = []
  stack.revision = '2'
  for (const pod of stack.podNames) {
    const replaced = stack.end(pod).then(() => stack.bringUp(pod))
    for (const when of ['while', 'after']) {
      const text = `${when} ${pod} is replaced`
      expect(await ann.run('send', 'ben', text)).toMatchObject({ code: 0, err: '' })
      texts.push(text)
    }
    await replaced
  }
  const { code, err, objects } = await tailing.ended
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(objects.filter(({ type }) => type === 'message').map(({ text }) => text)).toEqual(texts)
})
