import { expect, test } from 'vitest'
import { Faults } from './faults.ts'
import { Group } from './group.ts'

/**
 * Opens a group of three members, of whom two send in turns: the first sends messages 0 and 2, the
 * second 1 and 3.
 */
function openGroup() {
  const faults = new Faults()
  const sent: number[] = []
  let done = 0
  const group = new Group(
    { members: 3, senders: 2, hasAcks: true, maxUnacked: 2, send: (n) => void sent.push(n) },
    { acked: () => {}, delivered: () => {}, done: () => void done++ },
    faults,
  )
  for (let n = 0; n < 4; n++) group.send(0)
  return { group, faults, sent, done: () => done }
}

test('messages that reach each member once count as correct, also when senders overtake each other', () => {
  const { group, faults, sent, done } = openGroup()
  expect(sent).toEqual([0, 1, 2, 3])
  for (const n of [1, 0, 2, 3]) {
    for (const member of [0, 1, 2]) group.received(member, n)
    group.acked(n)
  }
  group.checkNothingMissing()
  expect({ any: faults.any, isIdle: group.isIdle, done: done() }).toEqual({ any: false, isIdle: true, done: 4 })
})

test('no sender has more unacked messages than the server allows', () => {
  const { group } = openGroup()
  expect(group.maySend).toBe(false)
  group.acked(0)
  expect(group.maySend).toBe(true)
})

test.each<[string, (group: Group) => void]>([
  ['a message that overtakes an earlier one of its sender', (group) => group.received(0, 2)],
  ['a message twice', (group) => [0, 0].forEach((n) => void group.received(0, n))],
  ['a message that was never sent', (group) => group.received(0, 6)],
  ['an ack out of order', (group) => group.acked(2)],
  ['an ack of an unknown message', (group) => group.acked(-1)],
  ['a message that one member does not receive', (group) => group.checkNothingMissing()],
])('%s is a fault', (_, happen) => {
  const { group, faults } = openGroup()
  happen(group)
  expect(() => faults.check()).toThrow('1 faults')
})
