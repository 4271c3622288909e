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
  stack = await Stack.start({ pods: 1 })
  liar = await LyingServer.start(stack.url)
  ben = await Machine.of(stack.url, 'ben')
  ann = await Machine.of(liar.url, 'ann')
})
afterAll(async () => {
  closeMachines()
  liar?.stop()
  await stack?.stop()
})
beforeEach(() => {
  liar.lie = (answer) => answer
})

const objects = async (who: Machine, ...words: string[]) => (await who.must(...words, '--json')).objects

test('a stranger’s chat waits in requests, is not unread, and counts once it is accepted', async () => {
  await ann.must('send', 'ben', 'hello')
  const [request] = await objects(ben, 'requests')
  expect(request).toMatchObject({ type: 'request', kind: 'direct', name: 'ann', from: 'ann' })
  expect((await ben.must('requests')).out).toContain('ann wants to talk to you: fastchat accept @ann')
  expect(await objects(ben, 'chats')).toMatchObject([{ name: 'ann', unread: 0, request: true }])
  expect(await objects(ben, 'accept', 'ann')).toMatchObject([{ type: 'accepted', name: 'ann' }])
  expect((await ben.must('requests')).out).toBe('No requests\n')
  expect(await objects(ben, 'chats')).toMatchObject([{ name: 'ann', unread: 1 }])
})

test('a blocked person’s messages are hidden in the direct chat and collapsed in a group', async () => {
  await ann.must('group', 'create', 'trip', 'ben')
  await ann.must('send', '#trip', 'in the group')
  expect(await objects(ben, 'block', 'ann')).toMatchObject([{ type: 'blocked', username: 'ann' }])
  await ann.must('send', 'ben', 'hidden')
  expect(await ben.texts('@ann')).not.toContain('hidden')
  expect(await objects(ben, 'chats')).toContainEqual(expect.objectContaining({ name: 'ann', unread: 0, blocked: true }))
  const lines = await objects(ben, 'history', '#trip')
  expect(lines.filter(({ type }) => type === 'message')).toMatchObject([{ kind: 'blocked', text: 'Blocked message' }])
  expect(await ben.run('send', '@ann', 'no', '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'user_blocked' }],
  })
  expect((await objects(ben, 'blocked')).map(({ username }) => username)).toEqual(['ann'])
  await ben.must('unblock', 'ann')
  await ann.must('send', 'ben', 'after the block')
  const texts = await ben.texts('@ann')
  expect([texts.includes('hidden'), texts.includes('after the block')]).toEqual([false, true])
})

test('tail names the chat of a stranger once, and shows its messages only when asked', async () => {
  const gil = await Machine.of(stack.url, 'gil')
  const hana = await Machine.of(stack.url, 'hana')
  await gil.must('send', 'hana', 'who are you?')
  expect(await objects(hana, 'tail', '--for', '0')).toMatchObject([{ type: 'request', kind: 'direct', from: 'gil' }])
  expect(await objects(hana, 'tail', '--for', '0', '--requests')).toContainEqual(
    expect.objectContaining({ type: 'message', text: 'who are you?' }),
  )
})

test('a direct chat is removed for oneself, and comes back without its past when somebody writes', async () => {
  expect(await objects(ben, 'forget', '@ann')).toMatchObject([{ type: 'forgotten', name: 'ann' }])
  expect((await objects(ben, 'chats')).map(({ name }) => name)).not.toContain('ann')
  expect(await ben.run('forget', '--undo', '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'nothing_to_undo' }],
  })
  await ann.must('send', 'ben', 'still there?')
  expect(await ben.texts('@ann')).toEqual(['still there?'])
})

test('both people see the same safety number, and comparing its digits marks the other as verified', async () => {
  const [anns] = await objects(ann, 'verify', 'ben')
  const [bens] = await objects(ben, 'verify', 'ann')
  expect(anns).toMatchObject({ type: 'safety_number', username: 'ben', verified: false })
  expect(bens?.number).toBe(anns?.number)
  const shown = await ann.must('verify', 'ben')
  expect(shown.out).toMatch(/( {2}\d{5}( \d{5}){3}\n){3}/)
  expect(shown.out).toContain('█')
  const wrong = String(anns?.number).replace(/^\d/, (digit) => `${9 - Number(digit)}`)
  expect(await ann.run('verify', 'ben', '--compare', wrong, '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'numbers_differ' }],
  })
  expect(await objects(ann, 'verify', 'ben', '--compare', String(bens?.number))).toMatchObject([{ verified: true }])
  expect(await objects(ann, 'verify', 'ben', '--unmark')).toMatchObject([{ verified: false }])
  expect(await ann.run('verify', 'ben', '--mark', '--unmark')).toMatchObject({ code: 64 })
})

test('a changed key of a verified person stops sending and adding until it is refused or accepted', async () => {
  const carl = await Machine.of(stack.url, 'carl')
  await ann.must('send', 'carl', 'before')
  await ann.must('verify', 'carl', '--mark')
  await ann.must('group', 'create', 'later')
  const { accountPrivate, accountKey } = createAccountKey()
  const forged = (user: User): User =>
    user.username === 'carl'
      ? { ...user, accountKey: toBase64Url(accountKey), nameSig: toBase64Url(signName(accountPrivate, user)) }
      : user
  liar.lie = (answer, asked) => {
    const body = answer.body as { users?: User[] }
    if (asked.startsWith('GET /v1/users/')) return { ...answer, body: forged(answer.body as User) }
    return body.users ? { ...answer, body: { ...body, users: body.users.map(forged) } } : answer
  }
  const [safety] = await objects(ann, 'verify', 'carl').then((found) => found.filter(({ type }) => type !== 'trouble'))
  expect(safety).toMatchObject({ verified: true, shownNumber: expect.stringMatching(/^\d{5}( \d{5}){11}$/) })
  for (const words of [
    ['send', 'carl', 'no'],
    ['group', 'add', 'later', 'carl'],
  ] as const) {
    const { code, err } = await ann.run(...words)
    expect(code).toBe(1)
    expect(err).toContain('The server shows another key for carl')
  }
  await ann.must('verify', 'carl', '--mark')
  await ann.must('send', 'carl', 'the known key is right')
  expect(await carl.texts('@ann')).toEqual(['before', 'the known key is right'])
  // Without the mark, the key that was refused is told again, and can be accepted.
  await ann.must('verify', 'carl', '--unmark')
  const { objects: accepted, err } = await ann.run('verify', 'carl', '--accept-new-key', '--json')
  expect(accepted).toContainEqual({ type: 'key_accepted', username: 'carl', number: safety?.shownNumber })
  expect(err).toContain('The number with the new key, which is accepted now')
  // Answers about carl that the server did not forge show the former key: a trouble now.
  const known = (await objects(ann, 'verify', 'carl')).filter(({ type }) => type !== 'trouble')
  expect(known).toMatchObject([{ number: safety?.shownNumber, verified: false }])
})

test('a display name stands beside the username in the transcript, and another’s name is marked', async () => {
  const dora = await Machine.of(stack.url, 'dora')
  const erin = await Machine.of(stack.url, 'erin')
  expect(await objects(dora, 'profile', '--name', 'Dora Doe')).toMatchObject([
    { type: 'profile', username: 'dora', name: 'Dora Doe', picture: 0 },
  ])
  expect(await dora.run('profile', '--name', 'Dora (@erin)')).toMatchObject({ code: 64 })
  await dora.must('send', 'ben', 'from dora')
  await erin.must('profile', '--name', 'dora DOE')
  await erin.must('send', 'ben', 'from erin')
  const [line] = (await objects(ben, 'history', '@dora')).filter(({ type }) => type === 'message')
  expect(line).toMatchObject({ from: 'dora', displayName: 'Dora Doe' })
  expect((await ben.must('history', '@erin')).out).toContain('dora DOE (@erin, not @dora): from erin')
  expect((await ben.must('profile', 'erin')).out).toContain('@dora has this name, too')
})

// Ben forgets, not Ann: she has accepted a false key, so any command of hers may tell a trouble.
test('a group that was left can be forgotten, and is in no list any more', async () => {
  await ann.must('group', 'create', 'old', 'ben')
  const refused = await ben.run('forget', '#old', '--json')
  expect(refused.code).toBe(1)
  expect(refused.objects).toContainEqual(expect.objectContaining({ type: 'error', code: 'only_left_chats' }))
  await ben.must('group', 'leave', 'old')
  expect(await objects(ben, 'forget', '#old')).toMatchObject([{ type: 'forgotten', name: 'old' }])
  expect((await objects(ben, 'group', 'list')).map(({ name }) => name)).not.toContain('old')
})
