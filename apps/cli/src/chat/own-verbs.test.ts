import type { Client, SearchOptions } from '@fastchat/client'
import { expect, test } from 'vitest'
import { readLimits } from '../interactive/own-slash-commands.ts'
import { onSearchHint, ownVerbs, type SearchHint } from './own-verbs.ts'

test('a search tells its progress, and ends when it is cancelled', async () => {
  const progress = { chats: 1, ofChats: 3, messages: 500 }
  const client = {
    search: (_: string, { signal, onProgress }: SearchOptions) =>
      new Promise((_resolve, reject) => {
        onProgress?.(progress)
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
  } as unknown as Client
  const hints: SearchHint[] = []
  onSearchHint(client, (hint) => hints.push(hint))
  const verbs = ownVerbs(client, async () => [])
  const searching = verbs.search({ words: 'x', limit: 5, search: 'one' })
  expect(hints).toEqual([{ type: 'search', search: 'one', progress }])
  expect(await verbs.cancelSearch({ search: 'other' })).toBe(false)
  expect(await verbs.cancelSearch({ search: 'one' })).toBe(true)
  await expect(searching).rejects.toMatchObject({ code: 'cancelled' })
  expect(await verbs.cancelSearch({ search: 'one' })).toBe(false)
})

test('the words of /search may limit it', () => {
  expect(readLimits(['train', 'in:here', 'from:bob', 'since:3d', 'in:'])).toEqual({
    rest: ['train', 'in:'],
    limits: { in: 'here', from: 'bob', since: '3d' },
  })
})
