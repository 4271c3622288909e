import type { WallMs } from '@fastchat/clock'
import { expect, test } from 'vitest'
import { chatMarks } from './chat-marks.ts'

const nothing = { muted: undefined, archived: undefined, pinned: undefined }
// The cast holds because any number is a time.
const now = 1_000 as WallMs

test('a chat stays marked as unread until this person reads on', () => {
  const marked = { ...nothing, unread: { at: 7 } }
  expect(chatMarks(marked, { readSeq: 7 }, now).isMarkedUnread).toBe(true)
  expect(chatMarks(marked, { readSeq: 8 }, now).isMarkedUnread).toBeUndefined()
  expect(chatMarks(nothing, { readSeq: 0 }, now).isMarkedUnread).toBeUndefined()
})

test.each([true, 7, null, { at: '7' }, [], { else: 1 }])('the mark %j of another version is none', (unread) => {
  expect(chatMarks({ ...nothing, unread }, { readSeq: 0 }, now)).toEqual({ isMuted: false, isArchived: false })
})
