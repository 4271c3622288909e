import { expect, test } from 'vitest'
import type { TroubleNotice } from './people-state.ts'
import { TroubleBoard } from './trouble-board.ts'

const opened = () => {
  let told: readonly TroubleNotice[] = []
  const board = new TroubleBoard((notices) => {
    told = notices
  })
  return { board, codes: () => told.map(({ code }) => code) }
}

test('a problem that comes again is shown once, and stays until it is closed', () => {
  const { board, codes } = opened()
  const moved = { code: 'own_message_moved', message: 'moved' }
  board.add([moved, { code: 'history_split', message: 'split' }, moved])
  expect(codes()).toEqual(['history_split', 'own_message_moved'])
  board.hide(board.notices[0]?.id ?? 0)
  expect(codes()).toEqual(['own_message_moved'])
})

test('the same problem with two people is shown for each, and at most 20 are kept', () => {
  const { board, codes } = opened()
  const about = (name: string) => ({ code: 'key_changed', message: name, who: { name, isMe: false } })
  board.add([about('ben'), about('cat')])
  expect(codes()).toHaveLength(2)
  board.add(Array.from({ length: 30 }, (_, n) => about(`person ${n}`)))
  expect(codes()).toHaveLength(20)
})
