import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { Admission } from './admission.ts'

test('addresses with a waiting socket leave half of the handshakes to new addresses', () => {
  const clock = new ManualClock()
  const admission = new Admission({
    handshakes: { perSecond: 20, burst: 20 },
    waitingSockets: 1_000,
    waitingPerAddress: 100,
    connects: { take: () => 0 },
    monotonicMs: clock.monotonicMs,
  })
  const enters = (address: string) => {
    if (admission.refusal(address)) return 0
    admission.enter(address)
    return 1
  }
  const crowd = () => Array.from({ length: 100 }, () => enters('crowd')).reduce<number>((sum, one) => sum + one, 0)
  expect(crowd()).toBe(11) // the first socket, and half of 20
  expect(admission.refusal('crowd')).toMatchObject({ isOwn: false, reason: 'handshakes' })
  for (let n = 0; n < 9; n++) expect(enters(`other ${n}`), String(n)).toBe(1)
  expect(admission.refusal('last')).toMatchObject({ reason: 'handshakes' })
  clock.advance(1_000)
  expect(crowd()).toBe(10)
  expect(enters('another')).toBe(1)
})
