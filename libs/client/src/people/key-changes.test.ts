import { toBase64Url, type UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { KeyChanges } from './key-changes.ts'
import { PeopleBook } from './people-book.ts'

const [me, ben] = [newId<UserId>(), newId<UserId>()]
const key = (byte: number) => toBase64Url(new Uint8Array(32).fill(byte))
let pinned: string
let rival: string | undefined
let book: PeopleBook
let keys: KeyChanges
beforeEach(async () => {
  pinned = key(2)
  rival = undefined
  const store = memoryStore()
  book = new PeopleBook(store, await PeopleBook.read(store, {}), { changed: () => {}, stood: () => {} })
  keys = new KeyChanges({
    identity: { userId: me, accountKey: key(1) },
    book,
    pins: {
      accountKeyOf: () => pinned,
      rivalOf: () => rival,
      nameOf: () => 'ben',
      refuseRival: async () => {
        rival = undefined
      },
      reconsider: async () => {},
      accept: async (_, accepted) => {
        pinned = accepted
        rival = undefined
      },
    },
  })
})

test('a mark is about the key that was compared, and not about the person', async () => {
  await keys.mark(ben)
  expect(keys.isVerified(ben)).toBe(true)
  pinned = key(3)
  expect(keys.isVerified(ben)).toBe(false)
})

test('another key stops a verified person’s chat, and a new mark of the known key ends that', async () => {
  rival = key(3)
  keys.check(ben)
  await keys.mark(ben)
  keys.check(ben)
  rival = key(3)
  expect(() => keys.check(ben)).toThrow(expect.objectContaining({ code: 'verified_key_changed' }))
  const change = keys.changeOf(ben)
  expect([change?.knownNumber, change?.shownNumber]).toEqual([
    keys.numberWith(ben, key(2)),
    keys.numberWith(ben, key(3)),
  ])
  await keys.mark(ben)
  keys.check(ben)
})

test('an accepted key takes the mark away', async () => {
  await keys.mark(ben)
  rival = key(3)
  await keys.accept(ben, key(3))
  keys.check(ben)
  expect([keys.isVerified(ben), book.about(ben).acceptedKey]).toEqual([false, { n: 1, key: key(3) }])
})

test('digits that differ in one place verify no one, and spaces do not matter', async () => {
  const number = keys.numberWith(ben)
  const wrong = number.replace(/\d$/, (digit) => `${9 - Number(digit)}`)
  for (const digits of [wrong, '', number.slice(0, -1), `${number}0`])
    await expect(keys.compare(ben, digits)).rejects.toMatchObject({ code: 'numbers_differ' })
  expect(keys.isVerified(ben)).toBe(false)
  await keys.compare(ben, ` ${number.replaceAll(' ', '\n')} `)
  expect(keys.isVerified(ben)).toBe(true)
})

test('a person has no safety number with themselves', () => {
  expect(() => keys.numberWith(me)).toThrow(expect.objectContaining({ code: 'only_others' }))
})
