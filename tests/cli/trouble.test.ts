import { createAccountKey, signName } from '@fastchat/crypto'
import { fromBase64Url, toBase64Url, type User } from '@fastchat/schema'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { LyingPod } from '../support/lying-pod.ts'
import { LyingServer } from '../support/lying-server.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let pod: LyingPod
let liar: LyingServer
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start()
  pod = await LyingPod.start(stack.pod(0))
  liar = await LyingServer.start(stack.url, pod.url)
  ben = await Machine.of(stack.url, 'ben')
  await Machine.of(stack.url, 'mallory')
  ann = await Machine.of(liar.url, 'ann')
  await ann.must('send', 'ben', 'before')
})
afterAll(async () => {
  closeMachines()
  liar?.stop()
  pod?.stop()
  await stack?.stop()
})
beforeEach(() => {
  liar.lie = (answer) => answer
  pod.lie = (frame) => [frame]
})

/** Makes the directory show another account key for Ben, which has signed his name. */
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

test('a changed key is told on stderr, in JSON and in the chat, and messages still use the old key', async () => {
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

test('a change that a pod has altered is told in JSON and in the chat without a name, and all is read', async () => {
  await ben.must('group', 'create', 'trip', 'ann')
  await ben.must('send', '#trip', 'one')
  expect(await ann.texts('#trip')).toEqual(['one'])
  pod.lie = (frame) => {
    if (frame.t !== 'message' || frame.kind !== 'commit' || frame.envelope === undefined) return [frame]
    const bytes = fromBase64Url(frame.envelope)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    return [{ ...frame, envelope: toBase64Url(bytes) }]
  }
  await ben.must('group', 'promote', 'trip', 'ann')
  await ben.must('send', '#trip', 'two')
  const { objects } = await ann.must('history', '#trip', '--json')
  const altered = { code: 'altered_on_the_way' }
  expect(objects).toContainEqual({
    type: 'trouble',
    ...altered,
    message: expect.stringContaining('altered on its way'),
  })
  const line = objects.find(({ type, code }) => type === 'system' && code === altered.code)
  expect(line).toMatchObject({ kind: 'trouble', text: expect.stringContaining('altered on its way') })
  expect(line).not.toHaveProperty('from')
  expect(await ann.texts('#trip')).toEqual(['one', 'two'])
})

test('the interactive mode shows a trouble as a line among the others', async () => {
  changeBensKey()
  const screen = ann.start([])
  await screen.shows(says)
  expect(screen.err()).not.toContain(says)
  screen.type('/quit')
  expect((await screen.ended).code).toBe(0)
})

test('a message to a name is sent only to the account that has signed the name', async () => {
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
