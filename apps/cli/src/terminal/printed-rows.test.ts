import { beforeEach, expect, test } from 'vitest'
import { PrintedRows } from './printed-rows.ts'

let rows: PrintedRows
beforeEach(() => {
  rows = new PrintedRows()
})
const distanceOf = (key: string) => rows.placeOf(key)?.distance

test('a row is found while it is on the screen, and not after it has scrolled away', () => {
  rows.printed(['one', 'further row of one'], 'a')
  rows.printed(['two'], 'b')
  rows.drawn(20)
  expect([distanceOf('a'), distanceOf('b'), distanceOf('c')]).toEqual([3, 1, undefined])
  expect(rows.placeOf('a')).toEqual({ distance: 3, count: 2 })
  rows.printed(Array(18).fill('x'))
  rows.drawn(20)
  expect([distanceOf('a'), distanceOf('b')]).toEqual([undefined, 19])
  // A higher screen does not bring back for certain what has scrolled away.
  rows.drawn(40)
  expect(distanceOf('a')).toBeUndefined()
})

test('after a resize only rows below the last broken one are certain', () => {
  rows.printed(['a row of twenty-one ls'], 'long')
  rows.printed(['short'], 'short')
  rows.drawn(20)
  rows.resized(10)
  expect([distanceOf('long'), distanceOf('short')]).toEqual([undefined, 1])
  rows.forget()
  expect(distanceOf('short')).toBeUndefined()
})
