import { ManualClock } from '@fastchat/clock/testing'
import { type DeviceId, limits, type UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { DeviceKey, Session, UserKey } from './ports.ts'
import { SendAdmission } from './send-admission.ts'
import { TokenBuckets } from './token-buckets.ts'

const session = {
  userId: 'u' as UserId,
  user: 1 as UserKey,
  deviceId: 'd' as DeviceId,
  device: 2 as DeviceKey,
} satisfies Session

function setUp() {
  const overload = { refusesSends: false }
  const user = { retryMs: 0 }
  const admission = new SendAdmission({
    overload,
    deviceSends: new TokenBuckets({ perSecond: 1, burst: 2 }, 10),
    userSends: { take: () => user.retryMs },
    monotonicMs: new ManualClock().monotonicMs,
  })
  return { admission, overload, user }
}

test('a send within all limits goes on', () => {
  expect(setUp().admission.refusal(session, limits.maxUnackedSends, limits.maxEnvelopeBytes)).toBeUndefined()
})

test('an overloaded pod refuses sends as busy and uses up no allowance', () => {
  const { admission, overload } = setUp()
  overload.refusesSends = true
  for (let n = 0; n < 5; n++) expect(admission.refusal(session, 1, 1)).toMatchObject({ code: 'busy', retryMs: 2_000 })
  overload.refusesSends = false
  expect(admission.refusal(session, 1, 1)).toBeUndefined()
})

test('more unacked sends than allowed are refused', () => {
  expect(setUp().admission.refusal(session, limits.maxUnackedSends + 1, 1)).toMatchObject({ code: 'rate_limited' })
})

test('the rate of the device, then that of the user, refuses with the time to wait', () => {
  const { admission, user } = setUp()
  expect([1, 2].map(() => admission.refusal(session, 1, 1))).toEqual([undefined, undefined])
  expect(admission.refusal(session, 1, 1)).toEqual({ ok: false, code: 'rate_limited', retryMs: 1_000 })
  user.retryMs = 70
  const other = { ...session, device: 3 as DeviceKey }
  expect(admission.refusal(other, 1, 1)).toEqual({ ok: false, code: 'rate_limited', retryMs: 70 })
})

test('a large envelope is refused with the limit', () => {
  const { maxEnvelopeBytes } = limits
  expect(setUp().admission.refusal(session, 1, maxEnvelopeBytes + 1)).toEqual({
    ok: false,
    code: 'too_large',
    details: { maxBytes: maxEnvelopeBytes },
  })
})
