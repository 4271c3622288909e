/** People look after their own account by commands. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const next = 'another horse, another battery'
/** Signs up and returns the recovery key. */
async function signUp(name: string): Promise<{ machine: Machine; recoveryKey: string }> {
  const machine = new Machine(stack.url)
  const { objects, err } = await machine.must('signup', name, '--json')
  const [{ recoveryKey } = {}] = objects
  expect(recoveryKey).toMatch(/^([0-9A-Z]{4}-){7}[0-9A-Z]{4}$/)
  expect(err).not.toContain(recoveryKey)
  return { machine, recoveryKey: String(recoveryKey) }
}
const run = async (machine: Machine, env: Record<string, string>, ...args: string[]) => {
  const running = machine.start(args, env)
  running.child.stdin?.end()
  return await running.ended
}

test('a lost password is replaced with the recovery key, and the chats go on', async () => {
  const { machine: ann, recoveryKey } = await signUp('ann')
  const { machine: bob } = await signUp('bob')
  await bob.must('send', 'ann', 'before')
  const key = { FASTCHAT_RECOVERY_KEY: recoveryKey.toLowerCase() }
  expect((await run(ann, key, 'recovery', 'check', '--json')).objects).toEqual([{ type: 'recovery_right' }])
  const other = new Machine(stack.url)
  const env = { ...key, FASTCHAT_NEW_PASSWORD: next }
  expect((await run(other, env, 'recovery', 'reset', 'ann', '--json')).objects).toEqual([
    { type: 'password_reset', username: 'ann', endOthers: false },
  ])
  // The device that is signed in tells it to people and to programs, until somebody has looked.
  expect((await ann.must('tail', '--for', '3')).err).toContain('The password was reset with the recovery key. Not you?')
  const news = { type: 'password_set', by: 'recovery', message: expect.stringContaining('recovery key') }
  expect((await ann.must('tail', '--for', '1', '--json')).objects).toContainEqual(news)
  const api = ann.start(['api'])
  api.child.stdin?.end('{"id":1,"command":"devices"}\n')
  expect((await api.ended).out).toContain('{"id":null,"result":{"type":"password_set","by":"recovery"')
  expect((await ann.must('tail', '--for', '1', '--json')).objects).not.toContainEqual(news)
  expect((await other.run('login', 'ann')).err).toContain('Wrong username or password')
  await run(other, { FASTCHAT_PASSWORD: next }, 'login', 'ann')
  await bob.must('send', 'ann', 'after')
  expect((await other.must('tail', '--requests', '--count', '2', '--for', '30', '--json')).out).toContain('after')
  // The home that was logged out before the password changed elsewhere opens with the new one.
  await ann.must('logout')
  expect((await run(ann, { FASTCHAT_PASSWORD: next }, 'login', 'ann')).code).toBe(0)
  expect((await ann.must('history', 'bob')).out).toContain('before')
})

test('a wrong recovery key is told apart from a mistyped one', async () => {
  const [{ machine: cleo, recoveryKey }, { recoveryKey: another }] = [await signUp('cleo'), await signUp('carl')]
  const check = (key: string) => run(cleo, { FASTCHAT_RECOVERY_KEY: key }, 'recovery', 'check', '--json')
  expect((await check(another)).objects).toMatchObject([{ type: 'error', code: 'recovery_wrong' }])
  expect((await check(recoveryKey.slice(1))).objects).toMatchObject([{ code: 'recovery_key_invalid' }])
  const [made] = (await cleo.must('recovery', 'new', '--json')).objects
  expect((await check(recoveryKey)).objects).toMatchObject([{ code: 'recovery_wrong' }])
  expect((await check(String(made?.recoveryKey))).code).toBe(0)
  expect((await cleo.must('recovery', 'status', '--json')).objects).toMatchObject([{ since: expect.any(String) }])
})

test('a password is changed from stdin, and other devices are signed out', async () => {
  const { machine: dan } = await signUp('dan')
  const phone = new Machine(stack.url)
  await phone.must('login', 'dan')
  const sessions = async () => (await dan.must('sessions', '--json')).objects.filter(({ type }) => type === 'session')
  expect(await sessions()).toHaveLength(2)
  const changing = dan.start(['passwd', '--end-others', '--password-stdin', '--json'], { FASTCHAT_PASSWORD: undefined })
  changing.child.stdin?.end(`correct horse battery staple\n${next}\n`)
  expect((await changing.ended).objects).toEqual([{ type: 'password_changed', endOthers: true }])
  expect((await phone.run('devices', '--json')).objects).toMatchObject([{ code: 'session_ended' }])
  expect(await sessions()).toMatchObject([{ this: true }])
  await run(phone, { FASTCHAT_PASSWORD: next }, 'login', 'dan')
  const one = await dan.must('sessions', 'end', '2', '--json')
  expect(one.objects).toMatchObject([{ type: 'sessions_ended', ended: 1 }])
  expect(await sessions()).toMatchObject([{ this: true }])
  const all = await dan.must('logout', '--all', '--json')
  expect(all.objects).toEqual([{ type: 'signed_out', username: 'dan', ended: 1 }])
})

test('an account is deleted by its name, and the home holds nothing of it', async () => {
  const [{ machine: eve }, { machine: finn }] = [await signUp('eve'), await signUp('finn')]
  await eve.must('group', 'create', 'trip', 'finn')
  const asked = await eve.run('account', 'delete', '--json')
  expect(asked.code).toBe(64)
  const groups = [{ name: 'trip', successor: 'finn' }]
  expect(asked.objects[0]).toEqual({ type: 'account_deletion', username: 'eve', groups, directChats: 0, devices: 1 })
  const listed = (await eve.run('account', 'delete')).out
  expect(listed).toContain('leaves the group trip: finn takes over your role')
  expect((await eve.run('account', 'delete', '--yes-i-am', 'finn')).code).toBe(64)
  const { objects } = await eve.must('account', 'delete', '--yes-i-am', 'eve', '--json')
  expect(objects).toEqual([
    { type: 'account_deletion_progress', left: 0, groups: 1 },
    { type: 'account_deleted', username: 'eve', notLeft: 0 },
  ])
  expect(readdirSync(eve.home).filter((name) => name.startsWith('store') || name === 'server')).toEqual([])
  const [{ code } = {}] = (await eve.run('signup', 'eve', '--json')).objects
  expect(code).toBe('username_taken')
  await finn.must('send', '#trip', 'alone')
  const members = (await finn.must('group', 'members', 'trip', '--json')).objects
  expect(members).toMatchObject([{ username: 'finn', role: 'owner' }])
})

test('with --keep-history the messages can be read offline, and nothing else', async () => {
  const [{ machine: gil }, { machine: hana }] = [await signUp('gil'), await signUp('hana')]
  await hana.must('send', 'gil', 'a last word')
  await gil.must('history', 'hana')
  await gil.must('account', 'delete', '--yes-i-am', 'gil', '--keep-history')
  expect(existsSync(join(gil.home, 'store.db'))).toBe(true)
  expect((await gil.must('history', 'hana', '--offline')).out).toContain('a last word')
  expect((await gil.run('send', 'hana', 'again')).code).not.toBe(0)
})

test('a taken name is told before a password is asked', async () => {
  await signUp('ivo')
  const machine = new Machine(stack.url)
  const dialog = machine.inTerminal([], { FASTCHAT_PASSWORD: undefined })
  await dialog.shows('Have you an account already?')
  dialog.type('n')
  await dialog.shows('Choose a username:')
  dialog.type('ivo')
  await dialog.shows('This username is taken. Choose another.')
  expect(dialog.out()).not.toContain('New password')
  dialog.type('ivo-2')
  await dialog.shows('New password')
  dialog.child.kill()
  await dialog.ended
  const asked = await machine.inTerminal(['signup', 'ivo'], { FASTCHAT_PASSWORD: undefined }).ended
  expect(asked.out).toContain('This username is taken')
  expect(asked.out).not.toContain('New password')
})

test('the recovery key is shown once at sign-up, and a chat in a terminal asks for it on a line of its own', async () => {
  const jo = new Machine(stack.url)
  const { out, err } = await jo.must('signup', 'jo')
  const [key = ''] = err.match(/([0-9A-Z]{4}-){7}[0-9A-Z]{4}/) ?? []
  expect(key).not.toBe('')
  expect(out).not.toContain(key)
  expect(err).toContain('shown only now')
  const chat = jo.inTerminal([], { FASTCHAT_RECOVERY_KEY: undefined })
  await chat.shows('> ')
  chat.type('/recovery check')
  await chat.shows('Recovery key')
  chat.type(key)
  await chat.shows('This recovery key is the right one')
  // The line that was being typed is there again, and takes the next command.
  chat.type('/recovery status')
  await chat.shows('This account has a recovery key since')
  chat.type('/account delete')
  await chat.shows('Deleting the account jo:')
  chat.type('/quit')
  expect((await chat.ended).code).toBe(0)
})
