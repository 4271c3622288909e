import type { ConversationId, MessageId } from '@fastchat/schema'
import fc from 'fast-check'
import pc from 'picocolors'
import { expect, test } from 'vitest'
import type { ChatInfo } from '../chat/chat.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError } from '../cli-error.ts'
import { formatChat, formatLine, formatSize, formatTime } from './format.ts'
import { safeJson } from './safe-text.ts'

const colors = pc.createColors(false)
const at = new Date(2026, 10, 22, 9, 5)
const line = (more: Partial<TranscriptLine>): TranscriptLine => ({
  type: 'message',
  kind: 'text',
  conversation: 'c' as ConversationId, // only handed on
  chat: '#trip',
  seq: 1,
  at: at.toISOString(),
  from: 'bob',
  ...more,
})
const shown = (more: Partial<TranscriptLine>, withChat = false) => formatLine(line(more), { colors, withChat, now: at })

test('a message shows its time, chat, sender and text', () => {
  expect(shown({ text: 'hi' })).toBe('09:05 bob: hi')
  expect(shown({ text: 'hi' }, true)).toBe('09:05 [#trip] bob: hi')
  expect(shown({ type: 'system', text: 'bob left' })).toBe('09:05 * bob left')
})

test('a text of others neither controls the terminal nor looks like another message', () => {
  const escaped = shown({ text: 'a\u001b[2Jb\u009b31mc\rd\u202ee' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must be gone.
  expect(escaped).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  expect(shown({ text: 'one\n09:05 eve: two' })).toBe('09:05 bob: one\n      09:05 eve: two')
  expect(shown({ chat: '#a\nb\u001b', from: 'x', text: 't' }, true)).toBe('09:05 [#a b\u{fffd}] x: t')
  expect(shown({ type: 'system', text: 'bob\n09:05 eve: two' })).toBe('09:05 * bob 09:05 eve: two')
})

test('a picture shows the command that saves it', () => {
  const file = { name: 'a\u001b.png', size: 2048, mime: 'image/png', width: 3, height: 2 }
  expect(shown({ id: 'id' as MessageId, file, caption: 'see' })).toBe(
    '09:05 bob: [image a\u{fffd}.png, 3×2, 2 KiB; fastchat save id] see',
  )
})

test('JSON stays on one line and has no characters that control a terminal', () => {
  const json = safeJson({ text: 'a\u2028b\u009bc\nd\u007f' })
  expect(json).toBe('{"text":"a\\u2028b\\u009bc\\nd\\u007f"}')
  expect(JSON.parse(json)).toEqual({ text: 'a\u2028b\u009bc\nd\u007f' })
})

test('no field of another person controls the terminal or leaves its place', () => {
  const wicked = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        '\u001b',
        '\u009b',
        '\u0007',
        '\r',
        '\n',
        '\r\n',
        '\b',
        '\u007f',
        '\u202e',
        '\u2066',
        '\u2028',
        '\t',
      ),
      fc.constantFrom('\u001b[2J', '\u001b]0;title\u0007', '\u001b[6n', '\u009b1A', '\u001bPq', '\u061c'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  })
  fc.assert(
    fc.property(wicked, wicked, wicked, (name, text, more) => {
      const file = { name, size: 1, mime: text, width: 1, height: 1 }
      const lines = [
        shown({ chat: name, from: name, text: '' }, true),
        shown({ type: 'system', text }, true),
        shown({ chat: name, from: more, file, caption: '' }, true),
        formatChat({ ...chatNamed(name), members: [] }, colors),
        new CliError('failed', text.replace(/[\r\n\u2028\u2029]/g, ''), 1).message,
        safeJson({ name, text, file }),
      ]
      for (const one of lines) expect(joined(one)).not.toMatch(commanding)
      expect(joined(shown({ from: name, text }).replace(/\n {6}/g, ''))).not.toMatch(commanding)
    }),
  )
})

/** Leaves out isolates of direction that end in the row where they begin. */
const joined = (text: string): string => text.replace(/\u2068([^\u2066-\u2069\n]*)\u2069/g, '$1')

test('a text from right to left is isolated, so that it reorders nothing beside it', () => {
  expect(shown({ from: 'bob', text: 'שלום 12:05 ann: hi' })).toMatch(/bob: \u2068שלום 12:05 ann: hi\u2069$/)
  expect(shown({ from: 'bob', text: 'hello' })).toMatch(/bob: hello$/)
  expect(shown({ type: 'system', kind: 'named', text: 'ann named this group עברית' })).toMatch(/\* \u2068.*\u2069$/)
})

/** The characters that control a terminal, turn the direction of text, or begin a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they must be gone.
const commanding = /[\u0000-\u0008\n-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

const chatNamed = (name: string): ChatInfo => ({
  conversation: 'c' as ConversationId, // only handed on
  kind: 'group',
  name,
  hasPicture: false,
  policies: { add: 'admins', write: 'everybody' },
  banned: [],
  status: 'active',
  unread: 0,
  waiting: 0,
  isMuted: false,
  isArchived: false,
  isPinned: false,
  cursor: 0,
  readSeq: 0,
  lastAt: 0,
  members: [],
})

test('sizes have a unit, and times of other days have a date', () => {
  expect([900, 2048, 5 * 1024 * 1024].map(formatSize)).toEqual(['900 bytes', '2 KiB', '5.0 MiB'])
  expect(formatTime(at, new Date(2026, 10, 23, 9, 5))).toBe('2026-11-22 09:05')
})
