import type { UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { mentionsIn } from './mentions.ts'

const members = ['1', '2', '3'].map((userId) => ({ userId: userId as UserId }))
/** A directory whose method needs its object, as the real one does. */
const directory = {
  names: new Map([
    ['1', 'ana'],
    ['2', 'ben.b'],
    ['3', 'cleo'],
  ]),
  nameOf(userId: UserId): string {
    return this.names.get(userId) ?? ''
  },
}
const found = (text: string) => mentionsIn(text, members, directory)

test('a text mentions the members whom it names with @, each once', () => {
  expect(found('@ana, see what @ben.b. wrote (@Ana)')).toEqual(['1', '2'])
  expect(found('@dave is no member')).toEqual([])
  expect(found('ana@cleo.example and x@cleo')).toEqual([])
  expect(found('')).toEqual([])
})
