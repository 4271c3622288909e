import type { Roster, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { describeChange } from './describe-change.ts'

const id = (n: number) => `01900000-0000-7000-8000-00000000000${n}` as UserId
const group = (...members: [number, 'admin' | 'member'][]): Roster => ({
  kind: 'group',
  members: members.map(([n, role]) => ({ userId: id(n), role })),
})

test('a change lists the users who came, who went and whose role changed', () => {
  const before = group([1, 'admin'], [2, 'member'], [3, 'member'], [4, 'admin'])
  const after = group([1, 'admin'], [2, 'admin'], [4, 'member'], [5, 'member'])
  expect(describeChange(before, after, [])).toEqual([
    { kind: 'removed', users: [id(3)] },
    { kind: 'added', users: [id(5)] },
    { kind: 'promoted', users: [id(2)] },
    { kind: 'demoted', users: [id(4)] },
  ])
})

test('the removal of a user whose leave was shown already is not shown again', () => {
  expect(describeChange(group([1, 'admin'], [2, 'member']), group([1, 'admin']), [id(2)])).toEqual([])
})
