import type { Entry } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { readPage } from './read-page.ts'

// Any id will do here.
const id = 'chat' as ConversationId
const entry = (seq: number, at = seq * 10): Entry => ({ type: 'message', conversation: id, seq, at })
/** Returns a device with these entries, which counts its reads. */
function deviceOf(entries: readonly Entry[]) {
  const device = {
    reads: 0,
    async history(_: ConversationId, limit: number, before = Number.POSITIVE_INFINITY) {
      device.reads++
      return entries.filter(({ seq }) => seq < before).slice(-limit)
    },
    async entriesAfter(_: ConversationId, after: number, limit: number) {
      device.reads++
      return entries.filter(({ seq }) => seq > after).slice(0, limit)
    },
  }
  return device
}
const hundred = deviceOf(Array.from({ length: 100 }, (_, n) => entry(n + 1)))
const seqs = async (device: ReturnType<typeof deviceOf>, query: Parameters<typeof readPage>[2]) => {
  const { lines, isMore } = await readPage(device, id, query)
  return [...lines.map(({ seq }) => seq), ...(isMore ? ['more'] : [])]
}

test('a page has the newest lines, the newest before a position, or the first after one', async () => {
  expect(await seqs(hundred, { limit: 2 })).toEqual([99, 100, 'more'])
  expect(await seqs(hundred, { limit: 2, before: 99 })).toEqual([97, 98, 'more'])
  expect(await seqs(hundred, { limit: 3, before: 3 })).toEqual([1, 2])
  expect(await seqs(hundred, { limit: 2, after: 97 })).toEqual([98, 99, 'more'])
  expect(await seqs(hundred, { limit: 2, after: 98 })).toEqual([99, 100])
  expect(await seqs(hundred, { limit: 9, after: 3, before: 6 })).toEqual([4, 5])
  expect(await seqs(hundred, { limit: 9, after: 100 })).toEqual([])
})

test('a time is found in few reads, and a line at that time is in the page', async () => {
  hundred.reads = 0
  expect(await seqs(hundred, { limit: 2, since: 500 })).toEqual([50, 51, 'more'])
  expect(hundred.reads).toBeLessThan(12)
  expect(await seqs(hundred, { limit: 2, since: 501 })).toEqual([51, 52, 'more'])
  expect(await seqs(hundred, { limit: 5, since: 985 })).toEqual([99, 100])
  expect(await seqs(hundred, { limit: 5, since: 1_001 })).toEqual([])
  expect(await seqs(hundred, { limit: 5, since: 0, until: 25 })).toEqual([1, 2])
  expect(await seqs(hundred, { limit: 2, until: 500 })).toEqual([49, 50, 'more'])
  expect(await seqs(hundred, { limit: 5, since: 480, after: 49 })).toEqual([50, 51, 52, 53, 54, 'more'])
})

test('the search ends with holes in the positions, times that go back, and no entries', async () => {
  const holes = deviceOf([entry(5), entry(6), entry(4_000), entry(9_000)])
  expect(await seqs(holes, { limit: 5, since: 61 })).toEqual([4_000, 9_000])
  expect(await seqs(holes, { limit: 5, until: 60 })).toEqual([5, 6])
  const back = deviceOf([entry(1, 50), entry(2, 10), entry(3, 60), entry(4, 5), entry(5, 70)])
  expect((await seqs(back, { limit: 9, since: 55 })).at(-1)).toBe(5)
  expect(await seqs(deviceOf([]), { limit: 5, since: 1, until: 2 })).toEqual([])
})

test('pages keep the entries of a position together, and all pages give each entry once', async () => {
  const device = deviceOf([1, 2, 2, 2, 3, 4, 4, 5].map((seq) => entry(seq)))
  expect(await seqs(device, { limit: 3, after: 0 })).toEqual([1, 'more'])
  expect(await seqs(device, { limit: 2, after: 1 })).toEqual([2, 2, 2, 'more'])
  expect(await seqs(device, { limit: 2, before: 5 })).toEqual([4, 4, 'more'])
  expect(await seqs(device, { limit: 1, before: 3 })).toEqual([2, 2, 2, 'more'])
  for (const limit of [1, 2, 3, 4, 8]) {
    const forth: number[] = []
    for (let after = 0, isMore = true; isMore; ) {
      const page = await readPage(device, id, { limit, after })
      forth.push(...page.lines.map(({ seq }) => seq))
      isMore = page.isMore
      after = forth.at(-1) ?? 0
    }
    const back: number[] = []
    for (let before = 99, isMore = true; isMore; ) {
      const page = await readPage(device, id, { limit, before })
      back.unshift(...page.lines.map(({ seq }) => seq))
      isMore = page.isMore
      before = back[0] ?? 0
    }
    expect({ limit, forth, back }).toEqual({ limit, forth: [1, 2, 2, 2, 3, 4, 4, 5], back: [1, 2, 2, 2, 3, 4, 4, 5] })
  }
})
