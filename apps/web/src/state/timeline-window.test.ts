import type { ConversationId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { Line, Timeline } from '../engine/line.ts'
import { maxWindowLines, spanOf, withEchoes, withNewer, withOlder } from './timeline-window.ts'

// The cast holds because nothing here looks at the id.
const conversation = 'chat' as ConversationId
const line = (seq: number): Line => ({ key: `${seq}`, kind: 'text', seq, at: seq, isOwn: false, text: `${seq}` })
const part = (from: number, to: number, ends: Partial<Timeline> = {}): Timeline => ({
  ...{ conversation, hasOlder: true, hasNewer: true, ...ends },
  lines: Array.from({ length: to - from + 1 }, (_, n) => line(from + n)),
})

test('older lines come in front, and the newest leave beyond the bound', () => {
  const shown = withOlder(part(101, 240, { hasNewer: false }), part(51, 101, { hasOlder: false }))
  expect(spanOf(shown)).toEqual({ first: 51, last: 50 + maxWindowLines })
  expect(shown).toMatchObject({ hasOlder: false, hasNewer: true })
})

test('newer lines come behind, and the oldest leave beyond the bound', () => {
  const shown = withNewer(part(1, 140, { hasOlder: false }), part(140, 190, { hasNewer: false }))
  expect(spanOf(shown)).toEqual({ first: 191 - maxWindowLines, last: 190 })
  expect(shown).toMatchObject({ hasOlder: true, hasNewer: false })
})

test('a line that the engine does not have yet stands at the end, once', () => {
  const { seq: _, ...echo } = { ...line(0), key: 'echo' }
  const atEnd = part(1, 3, { hasNewer: false })
  expect(withEchoes(atEnd, [echo]).lines.at(-1)).toBe(echo)
  expect(withEchoes(withEchoes(atEnd, [echo]), [echo]).lines).toHaveLength(4)
  expect(withEchoes(part(1, 3), [echo]).lines).toHaveLength(3)
})
