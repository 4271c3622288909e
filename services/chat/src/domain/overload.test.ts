import { expect, test } from 'vitest'
import { Overload } from './overload.ts'

test('a late pod refuses sockets first, then sends, and accepts each again at half of its limit', () => {
  let lagMs = 0
  const overload = new Overload({ takeLagMs: () => lagMs, socketsAtMs: 200, sendsAtMs: 500 })
  const at = (ms: number) => {
    lagMs = ms
    overload.sample()
    return [overload.refusesSockets, overload.refusesSends]
  }
  expect(at(200)).toEqual([false, false])
  expect(at(201)).toEqual([true, false])
  expect(at(501)).toEqual([true, true])
  expect(at(251)).toEqual([true, true])
  expect(at(250)).toEqual([true, false])
  expect(at(100)).toEqual([false, false])
})
