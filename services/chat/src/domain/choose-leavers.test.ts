import { expect, test } from 'vitest'
import { chooseLeavers } from './choose-leavers.ts'

const connection = (name: string, isQuiet: boolean, isOpen = true) => ({ name, isQuiet, isOpen })
const namesOf = (chosen: readonly { name: string }[]) => chosen.map(({ name }) => name)

test('quiet connections leave first, then busy ones, each oldest first', () => {
  const all = [connection('a', false), connection('b', true), connection('c', false), connection('d', true)]
  expect(namesOf(chooseLeavers(all, 1))).toEqual(['b'])
  expect(namesOf(chooseLeavers(all, 3))).toEqual(['b', 'd', 'a'])
})

test('a connection before hello stays', () => {
  expect(chooseLeavers([connection('a', false, false)], 1)).toEqual([])
})
