import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { limitWork } from './limit-work.ts'

/** Starts numbered pieces of work, each of which ends when its promise is resolved. */
function pieces(max: number) {
  const limit = limitWork(max)
  const begun: number[] = []
  const start = (n: number, signal?: AbortSignal) => {
    const end = Promise.withResolvers<void>()
    const done = limit(async () => {
      begun.push(n)
      await end.promise
    }, signal)
    return { ...end, done }
  }
  return { begun, start }
}

test('work begins in the order of the calls, and no more than the limit at a time', async () => {
  const { begun, start } = pieces(2)
  const [one, two, three, four] = [start(1), start(2), start(3), start(4)]
  await eventually(() => expect(begun).toEqual([1, 2]))
  two.resolve()
  await eventually(() => expect(begun).toEqual([1, 2, 3]))
  three.reject(new Error('failed'))
  await expect(three.done).rejects.toThrow('failed')
  await eventually(() => expect(begun).toEqual([1, 2, 3, 4]))
  for (const piece of [one, four]) piece.resolve()
  await Promise.all([one.done, four.done])
})

test('waiting work begins at once when its signal aborts, and only once', async () => {
  const { begun, start } = pieces(1)
  const controller = new AbortController()
  const one = start(1)
  const two = start(2, controller.signal)
  await eventually(() => expect(begun).toEqual([1]))
  controller.abort()
  await eventually(() => expect(begun).toEqual([1, 2]))
  two.resolve()
  await two.done
  one.resolve()
  await one.done
  const three = start(3, controller.signal)
  three.resolve()
  await three.done
  expect(begun).toEqual([1, 2, 3])
})
