import { createAccountKey, signPasswordNote } from '@fastchat/crypto'
import { toBase64Url, type UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { newUserId } from '../new-id.ts'
import type { Store } from '../store/store.ts'
import { type PasswordChange, PasswordNews } from './password-news.ts'

const { accountPrivate, accountKey } = createAccountKey()
const userId = newUserId()
const noteOf = (version: number, by: 'password' | 'recovery', of: { userId?: UserId; key?: Uint8Array } = {}) =>
  toBase64Url(signPasswordNote(of.key ?? accountPrivate, { userId: of.userId ?? userId, version, by }))

/** The note that the server shows. */
let note: string | undefined
let store: Store
let told: PasswordChange[]
beforeEach(() => {
  ;[note, store, told] = [undefined, memoryStore(), []]
})

/** Starts the process of a device. */
function start(): PasswordNews {
  const news = new PasswordNews({
    api: { call: (async () => (note === undefined ? {} : { note })) as never },
    ...{ store, identity: { userId, accountKey: toBase64Url(accountKey) } },
  })
  news.on('changed', (change) => told.push(change))
  return news
}

test('a reset by recovery key is told once, and stays news until somebody looks', async () => {
  await start().look()
  note = noteOf(2, 'recovery')
  for (const news of [start(), start()]) await news.look()
  expect(told).toEqual([{ version: 2, by: 'recovery' }])
  expect(await start().unseen()).toEqual({ version: 2, by: 'recovery' })
  await start().looked()
  expect(await start().unseen()).toBeUndefined()
  note = noteOf(3, 'password')
  await start().look()
  expect(told.slice(1)).toEqual([{ version: 3, by: 'password' }])
})

test('the first look reports no change', async () => {
  note = noteOf(2, 'recovery')
  for (const news of [start(), start()]) await news.look()
  expect(told).toEqual([])
})

test('a server can neither make up a change nor repeat one', async () => {
  await start().look()
  note = noteOf(5, 'recovery')
  await start().look()
  told = []
  const others = [
    noteOf(4, 'recovery'),
    noteOf(5, 'recovery'),
    noteOf(6, 'recovery', { userId: newUserId() }),
    noteOf(6, 'recovery', { key: createAccountKey().accountPrivate }),
    'AAAA',
    '*',
    undefined,
  ]
  for (const lie of others) {
    note = lie
    await start().look()
  }
  expect(told).toEqual([])
})

test('a change by this device is not reported here, even if its answer is lost', async () => {
  await start().look()
  const news = start()
  await news.expect(noteOf(2, 'password'))
  note = noteOf(2, 'password')
  await start().look()
  expect(told).toEqual([])
  // Another person's change of the same version is news.
  note = noteOf(3, 'recovery')
  await news.expect(noteOf(3, 'password'))
  await start().look()
  expect(told).toEqual([{ version: 3, by: 'recovery' }])
})
