import type { MonotonicMs } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { ClientError } from '../errors.ts'
import { occurredIn, Trouble } from '../trouble.ts'
import { type ChangeBatch, maxNamedMessages, maxNamedTroubles } from './change-batch.ts'
import { Changes } from './changes.ts'
import { noteOf } from './follow-events.ts'

const [one, two] = [newId<ConversationId>(), newId<ConversationId>()]
const newMessage = () => newId<MessageId>()

let nowMs: number
let waits: number[]
let timer: PromiseWithResolvers<void>
let changes: Changes
let batches: ChangeBatch[]
beforeEach(() => {
  ;[nowMs, waits, batches, timer] = [1_000, [], [], Promise.withResolvers()]
  changes = new Changes({
    clock: { monotonicMs: () => nowMs as MonotonicMs },
    wait: (ms) => {
      waits.push(ms)
      return timer.promise
    },
  })
  changes.subscribe((batch) => batches.push(batch))
})

/** Lets the microtasks run that are queued. */
const turn = () => new Promise(setImmediate)

test('thirty messages are one batch that names each', async () => {
  const ids = Array.from({ length: 30 }, newMessage)
  for (const [n, message] of ids.entries()) {
    changes.chat(one, { addedAt: n + 1, message })
    changes.chat(one, { isListed: true })
  }
  changes.chat(two, { message: ids[0] })
  expect(batches).toEqual([])
  await turn()
  expect(batches).toHaveLength(1)
  const [batch] = batches
  expect([...batch!.chats.keys()]).toEqual([one, two])
  expect(batch!.chats.get(one)).toMatchObject({ isListed: true, added: { from: 1, to: 30 }, isRewritten: false })
  expect([...batch!.chats.get(one)!.messages]).toEqual(ids)
  expect(batch!.chats.get(two)).toMatchObject({ isListed: false, messages: new Set([ids[0]]) })
})

test('after a batch the next one waits for the rest of the interval', async () => {
  changes.list('connection')
  await turn()
  nowMs += 6
  for (let n = 0; n < 10; n++) changes.list('people')
  changes.chat(one, { hasTyping: true })
  await turn()
  expect([batches.length, waits]).toEqual([1, [10]])
  nowMs += 10
  timer.resolve()
  await turn()
  expect(batches).toHaveLength(2)
  expect(batches[1]).toMatchObject({ lists: new Set(['people']), chats: new Map([[one, { hasTyping: true }]]) })
})

test('a batch is bounded: a chat with too many messages is to be read again', async () => {
  for (let n = 0; n < maxNamedMessages + 5; n++) changes.chat(one, { message: newMessage() })
  for (let n = 0; n < maxNamedTroubles + 5; n++) changes.trouble({ code: 'x', message: '' })
  await turn()
  expect(batches[0]!.chats.get(one)).toMatchObject({ isRewritten: true })
  expect(batches[0]!.chats.get(one)!.messages.size).toBe(maxNamedMessages)
  expect(batches[0]!.troubles).toHaveLength(maxNamedTroubles)
})

test('changes are dropped while there is no listener', async () => {
  const quiet = new Changes({ clock: { monotonicMs: () => nowMs as MonotonicMs } })
  quiet.list('people')
  const heard: ChangeBatch[] = []
  const stop = quiet.subscribe((batch) => heard.push(batch))
  await turn()
  expect(heard).toEqual([])
  quiet.list('people')
  stop()
  quiet.subscribe((batch) => heard.push(batch))
  await turn()
  expect(heard).toEqual([])
})

test('a batch can be sent to another thread', async () => {
  changes.chat(one, { addedAt: 3, message: newMessage(), isListed: true })
  changes.trouble(noteOf(new ClientError('storage_full')))
  await turn()
  expect(structuredClone(batches[0])).toEqual(batches[0])
})

test('a trouble has a code, words, and the chat in which it was noticed', () => {
  const trouble = new Trouble({ code: 'history_split' }, { conversation: one, seq: 4 })
  expect(noteOf(trouble)).toMatchObject({ code: 'history_split', conversation: one, seq: 4, message: trouble.message })
  const full = occurredIn(two, new ClientError('storage_full'))
  expect(noteOf(full)).toMatchObject({ code: 'storage_full', conversation: two })
  expect(noteOf(new Error('what'))).toEqual({ code: 'unexpected', message: 'what' })
})
