import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { password } from './person.ts'
import { Stack } from './stack.ts'

test('stopping a stack fails if its logs hold the password of its people', async () => {
  const stack = await Stack.start({ pods: 0 })
  appendFileSync(stack.logFiles[0] ?? '', `{"body":"${Buffer.from(`x${password}`).toString('base64')}"}\n`)
  await expect(stack.stop()).rejects.toThrow('the password')
})
