import type { WallMs } from '@fastchat/clock'
import { expect, test } from 'vitest'
import { ClockWatch } from './clock-watch.ts'

/** Sets the clocks of three hosts by how far they are ahead. Undefined means no answer. */
function clocks(ahead: { own: number; first: number | undefined; second: number | undefined }) {
  const truthMs = 1_800_000_000_000
  const changes: [boolean, number][] = []
  const of = (who: 'first' | 'second') => async () => {
    const ms = ahead[who]
    if (ms === undefined) throw new Error('away')
    return truthMs + ms
  }
  const watch = new ClockWatch({
    toleranceMs: 30_000,
    references: [of('first'), of('second')],
    wallMs: () => (truthMs + ahead.own) as WallMs,
    onChange: (isOff, aheadMs) => changes.push([isOff, aheadMs]),
  })
  return { ahead, watch, changes }
}

test('a clock is off while it differs by more than 30 s from both others', async () => {
  const { ahead, watch, changes } = clocks({ own: 30_000, first: 0, second: 0 })
  await watch.look()
  expect([watch.isOff, watch.aheadMs, changes]).toEqual([false, 30_000, []])
  ahead.own = 30_001
  await watch.look()
  expect([watch.isOff, changes]).toEqual([true, [[true, 30_001]]])
  ahead.own = -31_000
  await watch.look()
  expect([watch.isOff, watch.aheadMs, changes.length]).toEqual([true, -31_000, 1])
  ahead.own = 0
  await watch.look()
  expect([watch.isOff, changes.at(-1)]).toEqual([false, [false, 0]])
})

test('a wrong clock of only one other host raises no alarm', async () => {
  for (const wrong of [-3_600_000, 3_600_000])
    for (const who of ['first', 'second'] as const) {
      const { watch } = clocks({ own: 100, first: 0, second: 0, [who]: wrong })
      await watch.look()
      expect([who, watch.isOff]).toEqual([who, false])
    }
})

test('while one does not answer the last verdict holds, and the first look goes by the first alone', async () => {
  const { ahead, watch } = clocks({ own: 60_000, first: 0, second: undefined })
  expect(watch.hasLooked).toBe(false)
  await watch.look()
  expect([watch.hasLooked, watch.isOff]).toEqual([true, true])
  ahead.own = 0
  await watch.look()
  expect(watch.isOff).toBe(true)
  ahead.second = 0
  ahead.first = undefined
  await watch.look()
  expect(watch.isOff).toBe(true)
  ahead.first = 0
  await watch.look()
  expect(watch.isOff).toBe(false)
  // The second is away and the clock of the first jumps: no alarm.
  ahead.second = undefined
  ahead.first = 90_000
  await watch.look()
  expect(watch.isOff).toBe(false)
})

test('there is no verdict before the first host has answered', async () => {
  const { watch } = clocks({ own: 60_000, first: undefined, second: 0 })
  await watch.look()
  expect([watch.hasLooked, watch.isOff]).toEqual([false, false])
})

test('a late answer does not make a clock look wrong', async () => {
  let nowMs = 0
  const late = async () => {
    const theirs = nowMs
    nowMs += 45_000
    return theirs
  }
  const wallMs = () => nowMs as WallMs
  const watch = new ClockWatch({ toleranceMs: 30_000, references: [late, late], wallMs, onChange: () => undefined })
  await watch.look()
  expect(watch.isOff).toBe(false)
})
