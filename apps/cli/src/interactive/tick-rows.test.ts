import type { ConversationId, MessageId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import type { Hint } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { TickRows } from './tick-rows.ts'

// The cast holds because a test reads no other fields.
const line = (id: string, seq: number, receipt?: string) =>
  ({ id: id as MessageId, seq, conversation: 'c' as ConversationId, ...(receipt && { receipt }) }) as TranscriptLine

test('a sign changes in its row until the message is read, and asks once for all rows of a chat', async () => {
  let tell: (hint: Hint) => void = () => {}
  const asked: (readonly number[])[] = []
  const state = new Map([
    [1, 'stored'],
    [2, 'stored'],
  ])
  const session = {
    onHint(listen: typeof tell) {
      tell = listen
      return () => {}
    },
    chat: {
      async receiptStates({ seqs }: { seqs: readonly number[] }) {
        asked.push(seqs)
        return seqs.map((seq) => state.get(seq))
      },
    },
  } as unknown as HomeSession // it needs no other verbs
  const replaced: string[] = []
  const rows = new TickRows(session, { replace: (key, text) => void replaced.push(`${key} ${text}`) })
  const format = ({ receipt }: TranscriptLine) => receipt ?? ''
  rows.printed(line('a', 1, 'stored'), format)
  rows.printed(line('b', 2, 'stored'), format)
  rows.printed(line('foreign', 3), format)
  const receipts: Hint = { type: 'signal', kind: 'receipts', conversation: 'c' as ConversationId }
  state.set(1, 'delivered')
  tell(receipts)
  await eventually(() => expect(replaced).toEqual(['a delivered']))
  state.set(1, 'read').set(2, 'delivered')
  tell(receipts)
  await eventually(() => expect(replaced).toEqual(['a delivered', 'a read', 'b delivered']))
  tell(receipts)
  await eventually(() => expect(asked.at(-1)).toEqual([2]))
  expect(replaced).toHaveLength(3)
})
