import type { WallMs } from '@fastchat/clock'
import { expect, test } from 'vitest'
import { ClockWatch } from './clock-watch.ts'

/** Sets the clocks of three hosts by how far they are ahead. Undefined means no answer. */
function clocks(ahead: { pod: number; database: number | undefined; redis: number | undefined }) {
  const truthMs = 1_800_000_000_000
  const changes: [boolean, number][] = []
  const of = (who: 'database' | 'redis') => async () => {
    const ms = ahead[who]
    if (ms === undefined) throw new Error('away')
    return truthMs + ms
  }
  const watch = new ClockWatch({
    toleranceMs: 30_000,
    databaseMs: of('database'),
    redisMs: of('redis'),
    wallMs: () => (truthMs + ahead.pod) as WallMs,
    onChange: (isOff, aheadMs) => changes.push([isOff, aheadMs]),
  })
  return { ahead, watch, changes }
}

test('a clock is off while it differs by more than 30 s from both others', async () => {
  const { ahead, watch, changes } = clocks({ pod: 30_000, database: 0, redis: 0 })
  await watch.look()
  expect([watch.isOff, watch.aheadMs, changes]).toEqual([false, 30_000, []])
  ahead.pod = 30_001
  await watch.look()
  expect([watch.isOff, changes]).toEqual([true, [[true, 30_001]]])
  ahead.pod = -31_000
  await watch.look()
  expect([watch.isOff, watch.aheadMs, changes.length]).toEqual([true, -31_000, 1])
  ahead.pod = 0
  await watch.look()
  expect([watch.isOff, changes.at(-1)]).toEqual([false, [false, 0]])
})

test('a wrong clock of only PostgreSQL or only Redis takes no pod out', async () => {
  for (const wrong of [-3_600_000, 3_600_000])
    for (const who of ['database', 'redis'] as const) {
      const { watch } = clocks({ pod: 100, database: 0, redis: 0, [who]: wrong })
      await watch.look()
      expect([who, watch.isOff]).toEqual([who, false])
    }
})

test('while one does not answer the last verdict holds, and the first look goes by PostgreSQL alone', async () => {
  const { ahead, watch } = clocks({ pod: 60_000, database: 0, redis: undefined })
  await watch.look()
  expect(watch.isOff).toBe(true)
  ahead.pod = 0
  await watch.look()
  expect(watch.isOff).toBe(true)
  ahead.redis = 0
  ahead.database = undefined
  await watch.look()
  expect(watch.isOff).toBe(true)
  ahead.database = 0
  await watch.look()
  expect(watch.isOff).toBe(false)
  // Redis is away and the clock of PostgreSQL jumps: no pod goes out.
  ahead.redis = undefined
  ahead.database = 90_000
  await watch.look()
  expect(watch.isOff).toBe(false)
})

test('a late answer is no sign of a wrong clock', async () => {
  let nowMs = 0
  const late = async () => {
    const theirs = nowMs
    nowMs += 45_000
    return theirs
  }
  const ask = { databaseMs: late, redisMs: late, wallMs: () => nowMs as WallMs }
  const watch = new ClockWatch({ toleranceMs: 30_000, ...ask, onChange: () => undefined })
  await watch.look()
  expect(watch.isOff).toBe(false)
})
