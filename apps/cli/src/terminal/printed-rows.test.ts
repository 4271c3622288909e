import { expect, test } from 'vitest'
import { PrintedRows } from './printed-rows.ts'

test('a row is found while it is on the screen, and not after it has scrolled away', () => {
  const rows = new PrintedRows()
  rows.printed(['one', 'further row of one'], 'a')
  rows.printed(['two'], 'b')
  rows.drawn(20)
  expect([rows.distanceOf('a'), rows.distanceOf('b'), rows.distanceOf('c')]).toEqual([3, 1, undefined])
  rows.printed(Array(18).fill('x'))
  rows.drawn(20)
  expect([rows.distanceOf('a'), rows.distanceOf('b')]).toEqual([undefined, 19])
  // A higher screen does not bring back for certain what has scrolled away.
  rows.drawn(40)
  expect(rows.distanceOf('a')).toBeUndefined()
})

test('after a resize only rows below the last broken one are certain', () => {
  const rows = new PrintedRows()
  rows.printed(['a row of twenty-one ls'], 'long')
  rows.printed(['short'], 'short')
  rows.drawn(20)
  rows.resized(10)
  expect([rows.distanceOf('long'), rows.distanceOf('short')]).toEqual([undefined, 1])
  rows.forget()
  expect(rows.distanceOf('short')).toBeUndefined()
})
