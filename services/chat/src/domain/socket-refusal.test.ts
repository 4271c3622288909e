import { expect, test } from 'vitest'
import { socketRefusal } from './socket-refusal.ts'

const calm = { isLeaving: false, isClockOff: false, connections: 9, maxConnections: 10, isOverloaded: false }

test('a calm pod with room takes a connection', () => {
  expect(socketRefusal(calm)).toBeUndefined()
})

test.each([
  [{ isLeaving: true, isClockOff: true }, 'draining'],
  [{ isClockOff: true, connections: 10 }, 'clock'],
  [{ connections: 10, isOverloaded: true }, 'full'],
  [{ isOverloaded: true }, 'overloaded'],
])('a pod with %j takes none: %s', (state, refusal) => {
  expect(socketRefusal({ ...calm, ...state })).toBe(refusal)
})
