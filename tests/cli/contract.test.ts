import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start()
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await Machine.of(stack.url, 'cat')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const text = expect.any(String)
const root = join(import.meta.dirname, '..', '..')
const objects = async (who: Machine, ...words: string[]) => (await who.must(...words, '--json')).objects

test('only admins add, promote, demote and remove members, and each change prints the documented fields', async () => {
  const [made] = await objects(ann, 'group', 'create', 'trip')
  const group = { conversation: made?.conversation, name: 'trip' }
  expect(await objects(ann, 'group', 'add', 'trip', 'ben', 'cat')).toEqual([
    { type: 'added', ...group, users: ['ben', 'cat'] },
  ])
  await ann.must('send', '#trip', 'welcome')
  expect(await ben.texts('#trip')).toEqual(['welcome'])
  await Machine.of(stack.url, 'dan')
  for (const [verb, who] of [
    ['add', 'dan'],
    ['remove', 'cat'],
    ['promote', 'cat'],
    ['demote', 'ann'],
  ] as const) {
    expect(await ben.run('group', verb, 'trip', who)).toMatchObject({
      code: 77,
      out: '',
      err: 'Only admins can add or remove participants\n',
    })
  }
  const names = (await objects(ben, 'group', 'members', 'trip')).map(({ username, role }) => `${username} ${role}`)
  expect(names.toSorted()).toEqual(['ann owner', 'ben member', 'cat member'])
  expect(await objects(ann, 'group', 'promote', 'trip', 'ben')).toEqual([
    { type: 'promoted', ...group, users: ['ben'] },
  ])
  expect(await objects(ann, 'group', 'demote', 'trip', 'ben')).toEqual([{ type: 'demoted', ...group, users: ['ben'] }])
  expect(await objects(ann, 'group', 'remove', 'trip', 'cat')).toEqual([{ type: 'removed', ...group, users: ['cat'] }])
  expect(await objects(ben, 'group', 'leave', 'trip')).toEqual([{ type: 'left', ...group }])
})

test('accounts, people and chats print exactly the documented fields', async () => {
  const eve = new Machine(stack.url)
  const [signedIn] = await objects(eve, 'signup', 'eve')
  expect(signedIn).toEqual({
    type: 'signed_in',
    username: 'eve',
    url: stack.url,
    recoveryKey: text,
    device: text,
    unread: 0,
  })
  const [me] = await objects(eve, 'whoami')
  expect(me).toEqual({
    type: 'me',
    username: 'eve',
    userId: text,
    device: signedIn?.device,
    deviceName: text,
    url: stack.url,
  })
  expect(await objects(eve, 'users', 'ev')).toEqual([{ type: 'user', username: 'eve', userId: me?.userId }])
  const [sent] = await objects(eve, 'send', 'cat', 'one')
  expect(await objects(eve, 'chats')).toEqual([
    {
      type: 'chat',
      conversation: sent?.conversation,
      kind: 'direct',
      name: 'cat',
      unread: 0,
      status: 'active',
      at: text,
      queued: 0,
      members: expect.arrayContaining([
        { username: 'cat', role: 'member' },
        { username: 'eve', role: 'member' },
      ]),
    },
  ])
  expect(await objects(eve, 'logout')).toEqual([{ type: 'signed_out', username: 'eve' }])
})

test('the documentation names the fields of each printed object', async () => {
  const words = readFileSync(join(root, 'apps', 'cli', 'README.md'), 'utf8').split('## JSON')[1] ?? ''
  const [chat] = await objects(ann, 'chats')
  const printed = {
    me: ['deviceName', 'userId'],
    chat: Object.keys(chat ?? {}),
    signed_in: ['device', 'recoveryKey', 'unread', 'url'],
    session: ['device', 'name', 'usedAt', 'expiresAt', 'this'],
    account_deleted: ['username', 'notLeft'],
  }
  for (const [type, fields] of Object.entries(printed)) {
    const row = words.split('\n').find((line) => line.startsWith(`| \`${type}\``))
    for (const field of fields.filter((name) => name !== 'type')) expect(row, type).toContain(`\`${field}\``)
  }
})

test('a search finds people by the beginning of their names', async () => {
  expect((await objects(ann, 'users', 'an')).map(({ username }) => username)).toEqual(['ann'])
  expect((await objects(ann, 'users', '@BE')).map(({ username }) => username)).toEqual(['ben'])
})

test('tail catches up before it ends, also when its time is 0', async () => {
  const fay = await Machine.of(stack.url, 'fay')
  await ann.must('send', 'fay', 'while you were away')
  const shown = await objects(fay, 'tail', '--requests', '--for', '0')
  expect(shown.filter(({ type }) => type === 'message').map((line) => line.text)).toEqual(['while you were away'])
})

test('history shows the last fifty lines, or as many as -n says', async () => {
  const gus = await Person.signUp(stack.url, 'gus')
  const hal = await Machine.of(stack.url, 'hal')
  const { id } = await gus.client.openDirect((await gus.client.user('hal')).userId)
  for (let n = 0; n < 60; n++) await gus.queue(id, `line ${n}`)
  await eventually(() => expect(gus.client.conversation(id).outbox.records.size).toBe(0), { timeoutMs: 30_000 })
  const lines = await objects(hal, 'history', 'gus')
  expect(lines.map((line) => line.text)).toEqual(Array.from({ length: 50 }, (_, n) => `line ${n + 10}`))
  expect((await objects(hal, 'history', 'gus', '-n', '5')).map((line) => line.text)).toEqual(
    [55, 56, 57, 58, 59].map((n) => `line ${n}`),
  )
  await gus.offline()
})

test('a picture has a thumbnail without metadata', async () => {
  const ivy = await Person.signUp(stack.url, 'ivy')
  const path = join(ann.folder, 'photo.jpeg')
  await sharp({ create: { width: 800, height: 600, channels: 3, background: 'green' } })
    .withExif({ IFD0: { Copyright: 'TAKEN-AT-HOME' } })
    .jpeg()
    .toFile(path)
  await ann.must('send', 'ivy', '--image', path)
  const payload = await eventually(() => {
    const found = ivy.shown.find((entry) => entry.payload?.kind === 'image')?.payload
    if (found?.kind !== 'image') throw new Error('no picture yet')
    return found
  })
  const thumbnail = fromBase64Url(payload.thumbnail ?? '')
  const metadata = await sharp(thumbnail).metadata()
  expect(metadata).toMatchObject({ format: 'webp', width: 240, height: 180 })
  expect(metadata.exif).toBe(undefined)
  await ivy.offline()
})

test('a removed device can neither read nor log in, and both it and other people are told', async () => {
  const second = new Machine(stack.url)
  const kim = await Machine.of(stack.url, 'kim')
  await second.must('login', 'kim')
  await ben.must('send', '@kim', 'hello both')
  expect(await second.texts('@ben')).toEqual(['hello both'])
  const [here, there] = await objects(kim, 'devices')
  const device = {
    type: 'device',
    device: text,
    name: text,
    kind: 'terminal',
    createdAt: text,
    usedAt: text,
    nameBy: 'account',
  }
  expect([here, there]).toEqual([
    { ...device, number: 1, session: 'open', this: true, new: false },
    { ...device, number: 2, session: 'open', this: false, new: true },
  ])
  expect((await kim.must('devices')).out).toMatch(/^1\. .* \(this device\).*\n2\. .*, since \d{4}-\d\d-\d\d, last used/)

  const revoke = ['devices', 'revoke', String(there?.device)]
  const wrong = await kim.runWith({ FASTCHAT_PASSWORD: 'not the password' }, ...revoke, '--json')
  expect(wrong.objects).toMatchObject([{ type: 'error', code: 'wrong_credentials' }])
  expect((await kim.run('devices', 'revoke', 'nothing')).err).toContain('You have no such device')
  expect((await kim.run('devices', 'revoke', String(there?.name))).err).toContain('More than one device')
  expect(await objects(kim, ...revoke)).toEqual([{ type: 'device_revoked', device: there?.device, name: there?.name }])
  expect((await kim.run(...revoke)).err).toContain('You have no such device')
  expect(await objects(kim, 'devices')).toEqual([here])

  await ben.must('send', '@kim', 'to one alone')
  expect(await kim.texts('@ben')).toEqual(['hello both', 'to one alone'])
  const lines = await objects(ben, 'history', '@kim')
  expect(lines.filter(({ kind }) => kind === 'revoked')).toMatchObject([
    { type: 'system', users: ['kim'], device: there?.device, text: 'kim’s device was removed' },
  ])
  const ended = await second.run('tail', '@ben', '--count', '1', '--for', '20', '--json')
  expect(ended.objects.at(-1)).toMatchObject({ type: 'error', code: 'device_revoked' })
  const login = await second.run('login', 'kim', '--json')
  expect(login.objects.at(-1)).toMatchObject({ type: 'error', code: 'device_revoked' })
  expect((await second.must('history', '@ben', '--offline')).out).not.toContain('to one alone')
})

test('a password on the command line is rejected, not repeated, and makes no account', async () => {
  const machine = new Machine(stack.url)
  const secret = 'my-secret-password'
  const neverAnArgument = 'The password is never an argument: run the command without it, and you are asked'
  for (const [words, said] of [
    [['signup', 'jan', secret], `Too many words: fastchat signup takes NAME. ${neverAnArgument}`],
    [['signup', 'jan', '--password', secret], "Unknown option '--password'. See: fastchat --help"],
    [['login', 'ann', secret], `Too many words: fastchat login takes NAME. ${neverAnArgument}`],
    [['sigup', 'jan', secret], 'There is no command sigup. Did you mean: fastchat signup'],
  ] as const) {
    expect(await machine.run(...words)).toMatchObject({ code: 64, out: '', err: `${said}\n` })
  }
  expect(await objects(ann, 'users', 'jan')).toEqual([])
})

test('each group command has a help text with an example', async () => {
  const { out } = await ann.must('group', '--help')
  const commands = [...out.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name]) => name ?? '')
  expect(commands).toEqual(
    expect.arrayContaining(['create', 'add', 'remove', 'promote', 'demote', 'leave', 'members', 'list']),
  )
  const helps = await Promise.all(commands.map(async (name) => (await ann.must('group', name, '--help')).out))
  for (const help of helps) {
    expect(help).toMatch(/Example:\n {2}.*fastchat group/)
    expect(help).toContain('--json')
  }
})

/**
 * The name of this repository's program. As a constant, the check for unlisted programs skips it.
 */
const command = 'fastchat'

test('npx fastchat runs the program in the repository', async () => {
  const child = spawn('npx', ['--no-install', command, '--help'], { cwd: root })
  let out = ''
  child.stdout.on('data', (piece) => {
    out += piece
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
  expect(out).toContain('Usage: fastchat')
})
