import type { ConversationId, DeviceId, EntryKind } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { messageId } from '../../tests/store/seed.ts'
import { textFrame } from '../socket/text-frame.ts'
import { messageFrame } from '../store/message-frame.ts'
import { messageIdOf } from './message-id-of.ts'
import { contextOf } from './trace-ids.ts'

const conversation = '00000000-0000-4000-8000-000000000001' as ConversationId
const from = '00000000-0000-4000-8000-000000000002' as DeviceId

test.each([
  ['application', Buffer.from('bytes')],
  ['commit', { size: 100_000 }],
] as [EntryKind, Buffer | { size: number }][])(
  'the id is found in the frame of an entry of kind %s',
  (kind, envelope) => {
    const id = messageId()
    const frame = messageFrame({ conversation, seq: 7, kind, id, from, at: 0, envelope })
    expect(messageIdOf(frame)).toBe(id)
    expect(messageIdOf(textFrame(frame))).toBe(id)
  },
)

test.each(['', '{"t":"message"}', '{"id":"7"}', '{"id":"'])('no id is found in %j', (frame) => {
  expect(messageIdOf(Buffer.from(frame))).toBeUndefined()
})

test('a trace has the id of its message', () => {
  const id = messageId()
  const { traceId, spanId } = contextOf(id)
  expect(traceId).toBe(id.replaceAll('-', ''))
  expect(spanId).toBe(id.slice(-17).replace('-', ''))
})
