import { createAccountKey, signName } from '@fastchat/crypto'
import { toBase64Url, type User } from '@fastchat/schema'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let liar: LyingServer
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingServer.start(stack.url)
  ben = await Machine.of(stack.url, 'ben')
  await Machine.of(stack.url, 'mallory')
  ann = await Machine.of(liar.url, 'ann')
  await ann.must('send', 'ben', 'before')
})
afterAll(async () => {
  closeMachines()
  liar?.stop()
  await stack?.stop()
})
beforeEach(() => {
  liar.lie = (answer) => answer
})

/** The directory shows another account key for Ben, which has signed his name. */
function changeBensKey(): void {
  const { accountPrivate, accountKey } = createAccountKey()
  const forged = (user: User): User =>
    user.username === 'ben'
      ? { ...user, accountKey: toBase64Url(accountKey), nameSig: toBase64Url(signName(accountPrivate, user)) }
      : user
  liar.lie = (answer, asked) => {
    const body = answer.body as { users?: User[]; username?: string }
    if (asked.startsWith('GET /v1/users/')) return { ...answer, body: forged(answer.body as User) }
    return body.users ? { ...answer, body: { ...body, users: body.users.map(forged) } } : answer
  }
}

const says = 'The server shows another key for ben than the one known here. Nothing is encrypted to the new key'

test('a key that changed: a line on stderr, an event for scripts, a line in the chat, and messages go where they went', async () => {
  changeBensKey()
  const shown = await ann.must('users')
  expect(shown.err).toContain(says)
  expect(shown.err.split('\n').filter((line) => line !== '')).toHaveLength(1)
  expect(shown.out.split('\n')).toContain('ben')
  changeBensKey()
  const { objects } = await ann.must('users', '--json')
  expect(objects).toContainEqual({ type: 'trouble', code: 'key_changed', message: expect.stringContaining(says) })
  const { objects: history } = await ann.must('history', 'ben', '--json')
  expect(history).toContainEqual(
    expect.objectContaining({ type: 'system', kind: 'trouble', code: 'key_changed', from: 'ben' }),
  )
  await ann.must('send', 'ben', 'after')
  expect(await ben.texts('ann')).toEqual(['before', 'after'])
})

test('in the interactive view a trouble is a line among the others', async () => {
  changeBensKey()
  const screen = ann.start([])
  await screen.shows(says)
  expect(screen.err()).not.toContain(says)
  screen.type('/quit')
  expect((await screen.ended).code).toBe(0)
})

test('a message to a name goes to whom has signed it, or to nobody', async () => {
  await Machine.of(stack.url, 'carl')
  const before = await stack.sql('select count(*)::int as conversations from conversation')
  let mallory: User | undefined
  liar.lie = (answer) => {
    mallory = (answer.body as { users?: User[] }).users?.find(({ username }) => username === 'mallory') ?? mallory
    return answer
  }
  await ann.must('users', 'mallory')
  const send = async (shown: object) => {
    liar.lie = (answer, asked) => (asked === 'GET /v1/users/carl' ? { ...answer, body: shown } : answer)
    const { code, objects } = await ann.run('send', '--json', 'carl', 'for carl alone')
    return [code, objects.at(-1)?.type, objects.at(-1)?.code]
  }
  expect(await send({ ...mallory })).toEqual([1, 'error', 'name_unverified'])
  expect(await send({ ...mallory, username: 'carl' })).toEqual([1, 'error', 'name_changed'])
  expect(await stack.sql('select count(*)::int as conversations from conversation')).toEqual(before)
})
