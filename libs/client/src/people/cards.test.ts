import type { UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { Cards } from './cards.ts'
import { shownName } from './shown-name.ts'

const [ann, ben, mallory] = [newId<UserId>(), newId<UserId>(), newId<UserId>()]
let store: ReturnType<typeof memoryStore>
let cards: Cards
const load = () => Cards.load(store, { holderOf: (username) => (username === 'ben' ? ben : undefined) })
beforeEach(async () => {
  store = memoryStore()
  cards = await load()
})

test('of two cards the later one counts, also after a restart, and a card without parts clears both', async () => {
  await store.write(cards.keep(ann, { n: 2, name: 'Ann', picture: 'AAAA' }))
  await store.write(cards.keep(ann, { n: 1, name: 'Former' }))
  cards = await load()
  expect([cards.nameOf(ann), await cards.pictureOf(ann)]).toEqual(['Ann', 'AAAA'])
  await store.write(cards.keep(ann, { n: 3 }))
  cards = await load()
  expect([cards.nameOf(ann), await cards.pictureOf(ann)]).toEqual([undefined, undefined])
})

test('a name that people take for another’s username or name is found', async () => {
  cards.keep(ann, { n: 1, name: 'Ann Smith' })
  cards.keep(mallory, { n: 1, name: 'ＡＮＮ  smith' })
  expect(cards.othersWith('ＡＮＮ  smith', mallory)).toBe(ann)
  expect(cards.othersWith('Ben', mallory)).toBe(ben)
  expect(cards.othersWith('Ben', ben)).toBe(undefined)
  cards.keep(ann, { n: 2, name: 'Other' })
  expect(cards.othersWith('Ann Smith', mallory)).toBe(undefined)
})

test('a display name cannot carry a false username', () => {
  expect(shownName('Ben (@ben)')).toBe('Ben ben')
  expect(shownName('Ben （＠ben）\u202e')).toBe('Ben ben')
  expect(shownName('(@)')).toBe(undefined)
})
