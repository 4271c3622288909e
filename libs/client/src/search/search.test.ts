import type { ConversationId, MessageId, Payload, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { ClientError } from '../errors.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import { Search, type SearchProgress } from './search.ts'
import { SearchIndex } from './search-index.ts'

const [ann, ben] = [newId<UserId>(), newId<UserId>()]
const [one, two] = [newId<ConversationId>(), newId<ConversationId>()]

/** A history in memory, as the store would have it. */
class TestHistory {
  entries: Entry[] = []
  reads = 0
  readonly blocked = new Set<UserId>()
  readonly requests = new Set<ConversationId>()
  readonly search: Search

  constructor(maxBytes?: number) {
    this.search = new Search(
      {
        // The search uses no other fields.
        conversations: () => [one, two].map((conversation) => ({ conversation }) as ConversationRecord),
        before: async (id, limit, before = Number.MAX_SAFE_INTEGER) => {
          this.reads++
          return this.entries.filter(({ conversation, seq }) => conversation === id && seq < before).slice(-limit)
        },
        entry: async (id) => {
          const found = this.entries.find((entry) => entry.id === id)
          if (!found) throw new ClientError('unknown_message')
          return found
        },
        isHidden: ({ from }) => from !== undefined && this.blocked.has(from),
        isRequest: (id) => this.requests.has(id),
      },
      new SearchIndex(maxBytes),
    )
  }

  add(payload: Payload | string, { conversation = one, from = ann, at = this.entries.length } = {}): Entry {
    const told = typeof payload === 'string' ? ({ v: 1, kind: 'text', text: payload } as const) : payload
    const seq = this.entries.length + 1
    const entry: Entry = { type: 'message', conversation, seq, at, id: newId<MessageId>(), from, payload: told }
    this.entries.push(entry)
    this.search.added(entry)
    return entry
  }

  async seqs(query: string, options: Parameters<Search['search']>[1] = {}): Promise<number[]> {
    return (await this.search.search(query, options)).entries.map(({ seq }) => seq)
  }
}

test('all words must be there, the last one may be begun, and the newest come first', async () => {
  const history = new TestHistory()
  history.add('The train to Berlin leaves at nine')
  history.add('Berlin is cold')
  history.add('training for berlin')
  expect(await history.seqs('berlin')).toEqual([3, 2, 1])
  expect(await history.seqs('berlin train')).toEqual([3, 1])
  expect(await history.seqs('train berlin')).toEqual([1])
  expect(await history.seqs('erlin')).toEqual([])
})

test.each([
  ['cafe', 'Café'],
  ['CAFÉ', 'cafe'],
  ['strasse', 'Straße'],
  ['file', 'the ﬁle'],
  ['istanbul', 'İstanbul'],
  ['soft', 'so\u00adft'],
  ['ｗｉｄｅ', 'wide'],
  ['京都', '昨日京都に行った'],
  ['北京 天安门', '我们明天去北京的天安门广场'],
  ['กรุงเทพ', 'เราอยู่ที่กรุงเทพมหานคร'],
  ['ПРИВЕТ мир', 'мир, привет!'],
  ['αθηνα', 'Αθήνα'],
  ['مدرسة', 'مَدْرَسَة'],
  ['ha noi', 'Hà Nội'],
  ['서울', '서울에서 만나요'],
])('%s finds %s', async (query, text) => {
  const history = new TestHistory()
  history.add(text)
  expect(await history.seqs(query)).toEqual([1])
})

test('captions and names of files are found', async () => {
  const history = new TestHistory()
  const file = {
    attachment: newId(),
    key: '',
    sha256: '',
    size: 1,
    name: 'beach-2026.jpg',
    mime: 'image/jpeg',
  } as never
  history.add({ v: 1, kind: 'image', file, width: 1, height: 1, caption: 'at the sea' })
  expect(await history.seqs('sea')).toEqual([1])
  expect(await history.seqs('beach 20')).toEqual([1])
})

test('a search may be limited to a chat, a person, a time and a number', async () => {
  const history = new TestHistory()
  history.add('hello', { at: 10 })
  history.add('hello', { at: 20, from: ben })
  history.add('hello', { at: 30, conversation: two })
  expect(await history.seqs('hello', { in: two })).toEqual([3])
  expect(await history.seqs('hello', { from: ben })).toEqual([2])
  expect(await history.seqs('hello', { since: 20 })).toEqual([3, 2])
  expect(await history.search.search('hello', { limit: 2 })).toMatchObject({
    isMore: true,
    entries: [{ seq: 3 }, { seq: 2 }],
  })
  await expect(history.seqs(' …! ')).rejects.toMatchObject({ code: 'empty_search' })
  await expect(history.seqs('x', { in: newId<ConversationId>() })).rejects.toMatchObject({
    code: 'unknown_conversation',
  })
})

test('what comes, changes and goes after the first search is known to the next ones', async () => {
  const history = new TestHistory()
  history.add('first')
  expect(await history.seqs('second')).toEqual([])
  const second = history.add('second')
  expect(await history.seqs('second')).toEqual([2])
  history.entries[1] = { ...second, payload: { v: 1, kind: 'text', text: 'other words' } }
  // Even before the index is told, nothing is shown that is no longer there.
  expect(await history.seqs('second')).toEqual([])
  await history.search.changed(one, second.id!)
  expect(await history.seqs('other')).toEqual([2])
  history.entries.pop()
  await history.search.changed(one, second.id!)
  expect(await history.seqs('other')).toEqual([])
})

test('a warm search reads only its results', async () => {
  const history = new TestHistory()
  for (let n = 0; n < 1_200; n++) history.add(`message number ${n}`)
  expect(await history.seqs('number 1199 message')).toEqual([1200])
  const { reads } = history
  expect(await history.seqs('number 7 message')).toEqual([8])
  expect(history.reads).toBe(reads)
})

test('messages beyond the room of the index are found in the store', async () => {
  const history = new TestHistory(40_000)
  for (let n = 0; n < 1_500; n++) history.add(`message number ${n}`)
  expect(await history.seqs('number 3 message')).toEqual([4])
  for (let n = 1_500; n < 2_000; n++) history.add(`message number ${n}`)
  expect(await history.seqs('number 3 message')).toEqual([4])
  expect(await history.seqs('number 1999 message')).toEqual([2000])
})

test('messages of a blocked person are not found until the block ends', async () => {
  const history = new TestHistory()
  history.add('hello', { from: ben })
  history.add('hello')
  history.blocked.add(ben)
  expect(await history.seqs('hello')).toEqual([2])
  expect(await history.seqs('hello', { from: ben })).toEqual([])
  history.blocked.clear()
  expect(await history.seqs('hello')).toEqual([2, 1])
})

test('a chat that waits to be accepted is searched only when it is named', async () => {
  const history = new TestHistory()
  history.add('hello', { conversation: two })
  history.requests.add(two)
  expect(await history.seqs('hello')).toEqual([])
  expect(await history.seqs('hello', { in: two })).toEqual([1])
})

test('a search ends at once when its signal says so', async () => {
  const history = new TestHistory()
  history.add('hello')
  await expect(history.seqs('hello', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  expect(await history.seqs('hello')).toEqual([1])
})

test('a search tells how far it is, and one that was ended goes on where it was', async () => {
  const history = new TestHistory()
  for (let n = 0; n < 1_200; n++) history.add(`message number ${n}`)
  const stop = new AbortController()
  const progress: SearchProgress[] = []
  const onProgress = (one: SearchProgress) => {
    progress.push(one)
    stop.abort(new Error('enough'))
  }
  await expect(history.seqs('number', { signal: stop.signal, onProgress })).rejects.toThrow('enough')
  expect(progress).toEqual([{ chats: 0, ofChats: 2, messages: 500 }])
  expect(await history.seqs('number 7 message', { onProgress: (one) => progress.push(one) })).toEqual([8])
  expect(progress.at(-1)).toEqual({ chats: 1, ofChats: 2, messages: 700 })
  // Pages of the first chat: one before the end, two after it. The other chat is empty.
  expect(history.reads).toBe(4)
  expect(await history.seqs('number 8 message')).toEqual([9])
  expect(history.reads).toBe(4)
})

test('a chat whose history is restored during a search is found whole', async () => {
  const history = new TestHistory()
  for (let n = 0; n < 1_200; n++) history.add(`message number ${n}`)
  let isRestored = false
  const onProgress = () => {
    if (isRestored) return
    isRestored = true
    history.search.restored(one)
  }
  expect(await history.seqs('number 7 message', { onProgress })).toEqual([8])
})
