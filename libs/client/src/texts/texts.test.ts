import { type ConversationId, type MessageId, type UserId, uuidV7Pattern } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { ClientError } from '../errors.ts'
import { History } from '../history.ts'
import type { ConnectionState } from '../net/connection-state.ts'
import { Batch, type ConversationRecord, type Entry, entryKey, type Identity } from '../store/records.ts'
import { messageIdFrom } from './message-id-from.ts'
import { Texts } from './texts.ts'

const dayMs = 24 * 3600 * 1000
const now = 100 * dayMs
// The casts hold because these tests compare ids, and never read what is in them.
const chat = 'chat' as ConversationId
const [me, ana] = ['me', 'ana'] as UserId[] as [UserId, UserId]
const idOf = (n: number) => `message-${n}` as MessageId

/** A device with one chat, without a server. */
async function device({ isRequest = false } = {}) {
  const store = memoryStore()
  const clock = { wallMs: () => now as never }
  let record = { conversation: chat, readSeq: 0, cursor: 0, members: [] } as unknown as ConversationRecord
  let request = isRequest
  let state: ConnectionState = { state: 'off' }
  const listeners = new Set<() => void>()
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const queued: { id: MessageId; text: string }[] = []
  const texts = new Texts({
    identity: { userId: me } as Identity,
    ...{ store, clock },
    messages: { compose: (_, { text }) => ({ v: 1, kind: 'text', text }) },
    history: new History(store, clock),
    people: {
      isRequest: () => request,
      requests: () => (request ? [record] : []),
      accept: async () => {
        request = false
        changed()
      },
      viewOf: () => 'shown',
    },
    newId: () => idOf(999),
    nameOf: (userId) => `name of ${userId}`,
    state: () => state,
    records: () => [record],
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    conversation: () => ({
      get record() {
        return record
      },
      markRead: async (seq) => {
        record = { ...record, readSeq: Math.max(seq, record.readSeq) }
      },
      outbox: {
        queue: async (id: MessageId, payload: { text: string }) => {
          if (!queued.some((one) => one.id === id)) queued.push({ id, text: payload.text })
        },
      } as never,
    }),
  })
  return {
    texts,
    queued,
    get readSeq() {
      return record.readSeq
    },
    get listeners() {
      return listeners.size
    },
    async arrives(...entries: Partial<Entry>[]) {
      const batch = new Batch()
      for (const entry of entries) {
        const seq = record.cursor + 1
        const whole = { type: 'message', conversation: chat, seq, at: now, id: idOf(seq), from: ana, ...entry }
        batch.put('entries', `${entryKey(chat, whole.seq)}/${String(seq).padStart(6, '0')}`, whole)
        record = { ...record, cursor: whole.seq }
      }
      await store.write(batch.writes)
      changed()
    },
    end(error: Error) {
      state = { state: 'ended', error }
      changed()
    },
  }
}

const text = (words: string): Partial<Entry> => ({ payload: { v: 1, kind: 'text', text: words } })

test('unread messages of others come in order, and count as read when the next is asked for', async () => {
  const bot = await device()
  await bot.arrives(text('one'), { ...text('mine'), from: me }, { type: 'system' }, text('two'))
  const messages = bot.texts.incoming()
  expect((await messages.next()).value).toMatchObject({ text: 'one', seq: 1, from: ana, name: 'name of ana' })
  expect(bot.readSeq).toBe(0)
  expect((await messages.next()).value).toMatchObject({ text: 'two', seq: 4 })
  expect(bot.readSeq).toBe(1)
  const next = messages.next()
  await bot.arrives(text('three'))
  expect((await next).value).toMatchObject({ text: 'three' })
  expect(bot.readSeq).toBe(4)
})

test('after a crash the last message comes again, and its answer is sent once', async () => {
  const bot = await device()
  await bot.arrives(text('one'))
  const first = (await bot.texts.incoming().next()).value
  const id = await first?.reply('answer')
  const again = (await bot.texts.incoming().next()).value
  expect(again).toMatchObject({ text: 'one' })
  expect(await again?.reply('another answer')).toBe(id)
  expect(bot.queued).toEqual([{ id, text: 'answer' }])
  expect(id).toMatch(new RegExp(uuidV7Pattern))
})

test('an answer to a message that is nearly too old for the server has a new id', async () => {
  const bot = await device()
  await bot.arrives({ ...text('old'), at: now - 26 * dayMs })
  expect(await (await bot.texts.incoming().next()).value?.reply('late')).toBe(idOf(999))
})

test('messages wait in a request until it is accepted', async () => {
  const bot = await device({ isRequest: true })
  await bot.arrives(text('hello'))
  const asked: ConversationId[] = []
  const stop = new AbortController()
  const refusing = bot.texts.incoming({
    signal: stop.signal,
    accept: ({ conversation }) => {
      asked.push(conversation)
      return false
    },
  })
  const none = refusing.next()
  await bot.arrives(text('hello?'))
  stop.abort()
  expect((await none).done).toBe(true)
  expect(asked).toEqual([chat])
  const messages = bot.texts.incoming({ accept: async () => true })
  expect((await messages.next()).value).toMatchObject({ text: 'hello' })
})

test('a page of the history that ends within a position loses no message', async () => {
  const bot = await device()
  const lines = Array.from({ length: 199 }, () => text('line'))
  await bot.arrives(...lines, { type: 'system', seq: 200 }, { ...text('in the same position'), seq: 200 })
  const texts: string[] = []
  for await (const message of bot.texts.incoming()) {
    texts.push(message.text)
    if (texts.length === 200) break
  }
  expect(texts.at(-1)).toBe('in the same position')
})

test('the end of the session is thrown, and an abort ends quietly; both leave no listener', async () => {
  const bot = await device()
  const ending = bot.texts.incoming().next()
  bot.end(new ClientError('session_ended'))
  await expect(ending).rejects.toMatchObject({ code: 'session_ended' })
  const quiet = await device()
  const stop = new AbortController()
  const aborted = quiet.texts.incoming({ signal: stop.signal }).next()
  stop.abort()
  expect((await aborted).done).toBe(true)
  expect([bot.listeners, quiet.listeners]).toEqual([0, 0])
})

test('an id that is made from a key is a UUIDv7 of its time, and another for another key or secret', async () => {
  const secret = new Uint8Array(32).fill(7)
  const atMs = Date.UTC(2026, 10, 30, 18)
  const id = await messageIdFrom({ secret, key: 'a', atMs })
  expect(id).toMatch(new RegExp(uuidV7Pattern))
  expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(atMs)
  expect(await messageIdFrom({ secret, key: 'a', atMs })).toBe(id)
  expect(await messageIdFrom({ secret, key: 'b', atMs })).not.toBe(id)
  expect(await messageIdFrom({ secret: new Uint8Array(32).fill(8), key: 'a', atMs })).not.toBe(id)
  await expect(messageIdFrom({ secret: new Uint8Array(31), key: 'a', atMs })).rejects.toThrow(RangeError)
})
