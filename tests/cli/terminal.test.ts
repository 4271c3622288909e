import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
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

/** Answers these questions in turn. It waits for a repeated question each time. */
async function converse(terminal: Running, turns: readonly Turn[]): Promise<void> {
  const times = new Map<string, number>()
  for (const [question, answer] of turns) {
    times.set(question, (times.get(question) ?? 0) + 1)
    await terminal.shows(question, times.get(question))
    terminal.type(answer)
  }
}

test('the sign-up asks for a name and twice for a password, and repeats only the failed question', async () => {
  await new Machine(stack.url).runWith({ FASTCHAT_PASSWORD: password }, 'signup', 'tam')
  const terminal = new Machine(stack.url).inTerminal([], asked)
  await converse(terminal, [
    ['Have you an account already?', 'maybe'],
    ['Have you an account already?', ''],
    ['Have you an account already?', 'n'],
    ['Choose a username:', 'no name!'],
    // A taken name is told before the password is asked.
    ['Choose a username:', 'tam'],
    ['Choose a username:', 'una'],
    ['New password', 'short'],
    ['New password', password],
    ['The same again:', 'something else'],
    ['New password', password],
    ['The same again:', password],
    ['no chats yet', '/quit'],
  ])
  const { code, out } = await terminal.ended
  expect(code).toBe(0)
  for (const words of [
    'Type y for yes, or n for no.',
    '"no name!" cannot be a username',
    'A password has at least 10 characters',
    'The two passwords differ',
    'This username is taken. Choose another.',
    'Signed in as una.',
  ])
    expect(out).toContain(words)
  expect(out.split('New password')).toHaveLength(4)
  for (const typed of [password, 'short', 'something else']) expect(out).not.toContain(typed)
})

test('answers typed ahead wait for their questions, and a password among them is never shown', async () => {
  const terminal = new Machine(stack.url).inTerminal([], asked)
  await terminal.shows('Have you an account already?')
  terminal.type(`n\numa\n${password}\n${password}\n/quit`)
  const { code, out } = await terminal.ended
  expect(code).toBe(0)
  expect(out).toContain('Signed in as uma.')
  expect(out).not.toContain(password)
})

test('answers typed ahead are dropped when a question fails', async () => {
  const terminal = new Machine(stack.url).inTerminal([], asked)
  await terminal.shows('Have you an account already?')
  terminal.type(`n\nno name!\n${password}\n${password}`)
  await terminal.shows('Choose a username:', 2)
  terminal.type('ugo')
  await converse(terminal, [
    ['New password', password],
    ['The same again:', password],
    ['no chats yet', '/quit'],
  ])
  const { code, out } = await terminal.ended
  expect(code).toBe(0)
  expect(out).not.toContain(password)
})

test('the login repeats only the password after a wrong one', async () => {
  await new Machine(stack.url).runWith({ FASTCHAT_PASSWORD: password }, 'signup', 'vic')
  const terminal = new Machine(stack.url).inTerminal([], asked)
  await converse(terminal, [
    ['Have you an account already?', 'y'],
    ['Username:', 'vik'],
    ['Password:', password],
    ['Password:', ''],
    ['Username:', 'vic'],
    ['Password:', 'not the right one'],
    // A password manager pastes it with a newline.
    ['Password:', `\u001b[200~${password}\n\u001b[201~`],
    ['no chats yet', '/quit'],
  ])
  const { code, out } = await terminal.ended
  expect(code).toBe(0)
  expect(out.split('Wrong username or password')).toHaveLength(3)
  expect(out.split('Username:')).toHaveLength(3)
  for (const typed of [password, 'not the right one']) expect(out).not.toContain(typed)
})

test('the dialog asks for an invitation if the server wants one, and asks no other question twice', async () => {
  const admin = async (...args: string[]) =>
    (
      await runAdmin(
        { DATABASE_URL: stack.databaseUrl, REDIS_URL: stack.redis.url, POD_HMAC_KEY_FILE: stack.podHmacKeyFile },
        ...args,
        '--json',
      )
    ).rows
  await admin('signup', 'invite')
  try {
    const [made] = await admin('invites', 'create')
    const terminal = new Machine(stack.url).inTerminal([], asked)
    await converse(terminal, [
      ['Have you an account already?', 'n'],
      ['Choose a username:', 'wyn'],
      ['New password', password],
      ['The same again:', password],
      ['Invitation:', 'made-up'],
      ['Invitation:', String(made?.code)],
      ['no chats yet', '/quit'],
    ])
    const { code, out } = await terminal.ended
    expect(code).toBe(0)
    expect(out).toContain('by invitation only')
    for (const question of ['Choose a username', 'New password']) expect(out.split(question)).toHaveLength(2)
  } finally {
    await admin('signup', 'open')
  }
})
