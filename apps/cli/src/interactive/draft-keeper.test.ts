import type { ConversationId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { DraftKeeper } from './draft-keeper.ts'

// The keeper compares ids and reads nothing from them.
const [one, two] = ['one', 'two'] as ConversationId[] as [ConversationId, ConversationId]

let drafts: Map<ConversationId, string>
let saves: number
let isFull: boolean
let due: (() => void) | undefined
let keeper: DraftKeeper
beforeEach(() => {
  ;[drafts, saves, isFull, due] = [new Map(), 0, false, undefined]
  const chat = {
    chats: async () => [...drafts].map(([conversation, draft]) => ({ conversation, draft })),
    markChat: async ({ conversation, mark }: { conversation: ConversationId; mark: { kind: string; text?: string } }) => {
      saves++
      if (isFull) throw new Error('full')
      if (mark.text) drafts.set(conversation, mark.text)
      else drafts.delete(conversation)
    },
  }
  keeper = new DraftKeeper(
    () => chat as never,
    (task) => {
      due = task
      return () => {
        due = undefined
      }
    },
  )
})

test('what was typed is there when the chat is opened again', async () => {
  expect(await keeper.opened(one)).toBeUndefined()
  keeper.typed('see you')
  keeper.typed('see you at')
  expect(await keeper.opened(two)).toBeUndefined()
  expect(drafts.get(one)).toBe('see you at')
  expect(await keeper.opened(one)).toBe('see you at')
  expect(saves).toBe(1)
})

test('a draft is kept at a pause, and a sent message leaves none', async () => {
  await keeper.opened(one)
  keeper.typed('hel')
  due?.()
  await keeper.save()
  expect(drafts.get(one)).toBe('hel')
  keeper.typed('')
  await keeper.save()
  expect(drafts.has(one)).toBe(false)
})

test('a command is no draft, and a draft that cannot be kept stops nothing', async () => {
  await keeper.opened(one)
  keeper.typed('/open two')
  await keeper.save()
  expect(saves).toBe(0)
  keeper.typed('see you')
  for (const line of ['', '/', '/open two']) keeper.typed(line)
  await keeper.opened(two)
  expect(drafts.get(one)).toBe('see you')
  await keeper.opened(one)
  keeper.typed('')
  keeper.sent()
  keeper.typed('/open two')
  await keeper.opened(two)
  expect(drafts.has(one)).toBe(false)
  isFull = true
  keeper.typed('long')
  await keeper.save()
  expect([saves, drafts.size]).toEqual([3, 0])
})
