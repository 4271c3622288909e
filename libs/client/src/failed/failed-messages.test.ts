import type { MessageId, Payload } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { ClientError } from '../errors.ts'
import { newConversationId, newMessageId } from '../new-id.ts'
import { Batch, type OutboxRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { FailedMessages } from './failed-messages.ts'
import { keepFailed } from './failed-record.ts'

const [conversation, other] = [newConversationId(), newConversationId()]
const text = (words: string): Payload => ({ v: 1, kind: 'text', text: words })

let store: Store
let queued: Map<MessageId, Payload>
let failed: FailedMessages
let isOut: boolean
beforeEach(() => {
  ;[store, queued, isOut] = [memoryStore(), new Map(), false]
  const queue = async (id: MessageId, payload: Payload) => {
    if (isOut) throw new ClientError('not_a_member')
    queued.set(id, payload)
  }
  failed = new FailedMessages({
    ...{ store, newId: newMessageId, conversation: () => ({ outbox: { queue } }) as never },
    files: { failed: async () => [], retry: async () => false, discard: async () => false },
  })
})

async function fail(payload: Payload, change: Partial<OutboxRecord> = {}): Promise<MessageId> {
  const id = newMessageId()
  const batch = new Batch()
  const record = { id, conversation, order: 1, payload, attachments: [], queuedAt: 5, ...change }
  keepFailed(batch, record, new ClientError('not_a_member'))
  await store.write(batch.writes)
  return id
}

test('a failed message keeps its text until it is sent again or discarded', async () => {
  const [one, two] = [await fail(text('first')), await fail(text('second'), { conversation: other, queuedAt: 6 })]
  expect(await failed.list()).toMatchObject([
    { id: one, payload: text('first'), code: 'not_a_member' },
    { id: two, payload: text('second') },
  ])
  expect((await failed.list(other)).map(({ id }) => id)).toEqual([two])
  const again = await failed.retry(one)
  expect([again === one, queued.get(again)]).toEqual([false, text('first')])
  await failed.discard(two)
  expect(await failed.list()).toEqual([])
  await expect(failed.retry(one)).rejects.toMatchObject({ code: 'unknown_message' })
  await expect(failed.discard(two)).rejects.toMatchObject({ code: 'unknown_message' })
})

test('a retry that is refused keeps the message, and the next one has the same id', async () => {
  const id = await fail(text('hello'))
  isOut = true
  await expect(failed.retry(id)).rejects.toMatchObject({ code: 'not_a_member' })
  const [{ retryId } = {}] = await failed.list()
  isOut = false
  expect(await failed.retry(id)).toBe(retryId)
})

test('messages that are stored, repeated or say nothing are not kept', async () => {
  await fail(text('stored'), { stored: { seq: 1, at: 1 } })
  await fail(text('repeated'), { isRepeated: true })
  await fail({ v: 1, kind: 'vote', sig: 'x' })
  expect(await failed.list()).toEqual([])
})

test('only the latest failed messages are kept', async () => {
  for (let n = 0; n < 203; n++) await fail(text(`${n}`), { queuedAt: n })
  const all = await failed.list()
  expect([all.length, all[0]?.payload]).toEqual([200, text('3')])
  expect(await store.list('meta', { prefix: 'failed/' })).toHaveLength(200)
})
