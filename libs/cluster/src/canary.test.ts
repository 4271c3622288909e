import { systemClock } from '@fastchat/clock'
import { eventually } from '@fastchat/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { startCanary } from './canary.ts'

const times = { beatEveryMs: 20, silentAfterMs: 1_000, clock: systemClock }

test('only the channel that fell silent is reported', async () => {
  const silent = new Set<string>()
  const canary = startCanary({
    ...times,
    channels: () => ['a', 'b'],
    isListening: () => true,
    onSilent: (channel) => silent.add(channel),
    beat: async (channel) => {
      if (channel === 'a') canary.heard('a')
    },
  })
  onTestFinished(canary.close)
  await eventually(() => expect(silent).toContain('b'))
  expect([...silent]).toEqual(['b'])
})

test('a channel is not reported while its beats are rejected or its subscription is down', async () => {
  const silent: string[] = []
  const beats = { refused: 0, away: 0, judged: 0 }
  const canary = startCanary({
    ...times,
    silentAfterMs: 100,
    channels: () => Object.keys(beats),
    isListening: (channel) => channel !== 'away',
    onSilent: (channel) => silent.push(channel),
    beat: async (channel) => {
      beats[channel as keyof typeof beats]++ // one of those above
      if (channel === 'refused') throw new Error('CLUSTERDOWN')
    },
  })
  onTestFinished(canary.close)
  await eventually(() => expect(silent.length).toBeGreaterThan(3))
  expect(new Set(silent)).toEqual(new Set(['judged']))
  expect(beats.refused).toBeGreaterThan(0)
})

test('a canary that receives the beats of other pods sends few of its own', async () => {
  const beats = { spared: 0, own: 0 }
  const canary = startCanary({
    ...times,
    channels: () => ['spared', 'own'],
    isListening: () => true,
    onSilent: () => undefined,
    beat: async (channel) => {
      beats[channel as keyof typeof beats]++ // one of those above
    },
  })
  const other = setInterval(() => canary.heard('spared'), 1)
  onTestFinished(() => {
    canary.close()
    clearInterval(other)
  })
  await eventually(() => expect(beats.own).toBeGreaterThan(20))
  expect(beats.spared).toBeLessThan(beats.own / 2)
})
