import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine, type Running } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const password = 'typed unseen, nowhere shown'
const asked = { FASTCHAT_PASSWORD: undefined }

type Turn = readonly [question: string, answer: string]

/** Answers these questions in turn; one that was asked before is waited for again. */
async function converse(terminal: Running, turns: readonly Turn[]): Promise<void> {
  const times = new Map<string, number>()
  for (const [question, answer] of turns) {
    times.set(question, (times.get(question) ?? 0) + 1)
    await terminal.shows(question, times.get(question))
    terminal.type(answer)
  }
}

test('who has no account is asked for a name and twice for a password, until they will do, and then sees the chats', async () => {
  const terminal = new Machine(stack.url).inTerminal([], asked)
  const toName: Turn[] = [
    ['Have you an account already?', 'n'],
    ['Choose a username:', 'una'],
  ]
  await converse(terminal, [
    ...toName,
    ['New password', 'short'],
    ...toName,
    ['New password', password],
    ['The same again:', 'something else'],
    ...toName,
    ['New password', password],
    ['The same again:', password],
    ['no chats yet', '/quit'],
  ])
  const { code, out } = await terminal.ended
  expect(code).toBe(0)
  for (const words of ['A password has at least 10 characters', 'The two passwords differ', 'Signed in as una.'])
    expect(out).toContain(words)
  for (const typed of [password, 'short', 'something else']) expect(out).not.toContain(typed)
})

test('who has an account logs in, and is asked again after a wrong password', async () => {
  await new Machine(stack.url).runWith({ FASTCHAT_PASSWORD: password }, 'signup', 'vic')
  const terminal = new Machine(stack.url).inTerminal([], asked)
  await converse(terminal, [
    ['Have you an account already?', 'y'],
    ['Username:', 'vic'],
    ['Password:', 'not the right one'],
    ['Have you an account already?', 'y'],
    ['Username:', 'vic'],
    ['Password:', password],
    ['no chats yet', '/quit'],
  ])
  const { code, out } = await terminal.ended
  expect(code).toBe(0)
  expect(out).toContain('Wrong username or password')
  for (const typed of [password, 'not the right one']) expect(out).not.toContain(typed)
})
