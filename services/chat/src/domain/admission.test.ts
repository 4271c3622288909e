import { expect, test } from 'vitest'
import { Admission } from './admission.ts'

test('addresses of which somebody waits leave half of the handshakes to those of which nobody does', () => {
  let nowMs = 0
  const admission = new Admission({
    handshakes: { perSecond: 20, burst: 20 },
    waitingSockets: 1_000,
    waitingPerAddress: 100,
    connects: { take: () => 0 },
    nowMs: () => nowMs,
  })
  const enters = (address: string) => {
    if (admission.refusal(address)) return 0
    admission.enter(address)
    return 1
  }
  const crowd = () => Array.from({ length: 100 }, () => enters('crowd')).reduce<number>((sum, one) => sum + one, 0)
  expect(crowd()).toBe(11) // the first one, and half of 20
  expect(admission.refusal('crowd')).toMatchObject({ isOwn: false, reason: 'handshakes' })
  for (let n = 0; n < 9; n++) expect(enters(`somebody ${n}`), String(n)).toBe(1)
  expect(admission.refusal('the last of all')).toMatchObject({ reason: 'handshakes' })
  nowMs = 1_000
  expect(crowd()).toBe(10)
  expect(enters('somebody else')).toBe(1)
})
