import type { ConversationId, MessageId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { EditLast } from './edit-last.ts'
import { MessageNumbers } from './message-numbers.ts'

const chat = 'c' as ConversationId
// The casts hold because a test reads no other fields.
const message = (id: string, from: string, text: string) =>
  ({ type: 'message', kind: 'text', conversation: chat, id: id as MessageId, from, text }) as TranscriptLine
const change = (kind: string, target: string, text?: string) =>
  ({ type: 'change', kind, conversation: chat, target: target as MessageId, text }) as TranscriptLine

function editor() {
  const numbers = new MessageNumbers()
  const typed: string[] = []
  const screen = { setTyped: (line: string) => void typed.push(line), setPrompt: () => {} }
  const edit = new EditLast({ screen, numbers, me: 'me', open: () => chat })
  const show = (line: TranscriptLine) => {
    if (line.id !== undefined) numbers.give(line.id, chat)
    edit.shown(line)
  }
  return { edit, show, typed }
}

test('the last text of this user is edited, as its last edit left it', () => {
  const { edit, show, typed } = editor()
  expect(edit.begin()).toBe(false)
  for (const line of [message('a', 'me', 'one'), message('b', 'me', 'two'), message('c', 'bob', 'three')]) show(line)
  show(change('edit', 'b', 'two, better'))
  show(change('edit', 'a', 'not the last'))
  expect(edit.begin()).toBe(true)
  expect(typed).toEqual(['two, better'])
  expect(edit.enter('two, best')).toBe('/edit 2 two, best')
  expect(edit.isOn).toBe(false)
  expect(edit.enter('another line')).toBe('another line')
})

test('a deleted message is not edited, and an empty text changes nothing', () => {
  const { edit, show } = editor()
  show(message('a', 'me', 'one'))
  edit.begin()
  expect(edit.enter('  ')).toBe('')
  edit.begin()
  expect([edit.cancel(), edit.cancel()]).toEqual([true, false])
  show(change('delete', 'a'))
  expect(edit.begin()).toBe(false)
})
