import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ pods: 2 })
})
afterAll(async () => {
  for (const name of stack.podNames) stack.process(name).kill('SIGCONT')
  await stack.stop()
})

/** Returns the pod that a person is connected to. */
const podOf = ({ client }: Person) => (client.state.state === 'online' ? client.state.pod : undefined)

test('clients of a frozen pod go to another by themselves, also those that wait for no answer', async () => {
  const idle = await Person.signUp(stack.url, 'idle')
  await eventually(() => expect(podOf(idle)).toBeDefined(), { timeoutMs: 30_000 })
  const hanging = podOf(idle) ?? ''
  stack.process(hanging).kill('SIGSTOP')
  await eventually(
    () => {
      expect(podOf(idle)).toBeDefined()
      expect(podOf(idle)).not.toBe(hanging)
    },
    { timeoutMs: 60_000 },
  )
  stack.process(hanging).kill('SIGCONT')
  await idle.client.stop()
})
