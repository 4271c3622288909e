import type { ConversationId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { HomeSession } from '../chat/home-session.ts'
import { Drafts } from './drafts.ts'

const [one, two] = ['one' as ConversationId, 'two' as ConversationId]

function drafts() {
  const kept: string[] = []
  const screen = {
    typed: '',
    setTyped(line: string) {
      screen.typed = line
    },
  }
  const session = {
    chat: {
      async markChat({ conversation, mark }: { conversation: string; mark: { text: string } }) {
        kept.push(`${conversation}: ${mark.text}`)
      },
    },
  } as unknown as HomeSession // drafts need no other verbs
  let isOther = false
  const editing = (is: boolean) => {
    isOther = is
  }
  const made = new Drafts({ session, screen, isOther: () => isOther })
  const type = (line: string) => {
    screen.typed = line
    made.typed(line)
  }
  return { made, screen, kept, type, editing }
}

test('a draft is kept for its chat, and comes back when nothing else is typed', async () => {
  const { made, screen, kept, type } = drafts()
  made.opened({ conversation: one })
  type('half')
  await made.keep()
  type('/open two')
  type('')
  await made.keep()
  made.opened({ conversation: two, draft: 'from before' })
  expect(screen.typed).toBe('from before')
  made.opened({ conversation: one, draft: 'half' })
  expect(screen.typed).toBe('from before')
  expect(kept).toEqual(['one: half'])
})

test('a sent message and an emptied line end the draft, and an edited message is none', async () => {
  const { made, kept, type, editing } = drafts()
  made.opened({ conversation: one, draft: 'x' })
  editing(true)
  type('the text of a sent message')
  await made.keep()
  editing(false)
  expect(kept).toEqual([])
  type('')
  await made.sent()
  type('y')
  await made.keep()
  type('')
  await made.keep()
  expect(kept).toEqual(['one: ', 'one: y', 'one: '])
})
