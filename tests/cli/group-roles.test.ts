import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let ben: Machine
let cleo: Machine
beforeAll(async () => {
  stack = await Stack.start()
  ;[ann, ben, cleo] = (await Promise.all(['ann', 'ben', 'cleo'].map((name) => Machine.of(stack.url, name)))) as [
    Machine,
    Machine,
    Machine,
  ]
  await ann.must('group', 'create', 'trip', 'ben')
  await ann.must('send', '#trip', 'before cleo')
  await ben.must('chats')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const lines = async (one: Machine, group = '#trip') =>
  (await one.must('history', group, '--json')).objects.map(({ text }) => text)

test('name, topic and picture are set by admins, with the documented fields', async () => {
  const conversation = expect.any(String)
  const base = { conversation, name: 'trip' }
  expect(await ben.run('group', 'rename', 'trip', 'Mine', '--json')).toMatchObject({
    code: 77,
    objects: [{ type: 'error', code: 'admins_only' }],
  })
  expect((await ann.must('group', 'topic', 'trip', 'We leave on Friday', '--json')).objects).toEqual([
    { ...base, type: 'topic', topic: 'We leave on Friday' },
  ])
  const photo = join(ann.folder, 'photo.png')
  const pixels = { create: { width: 600, height: 400, channels: 3, background: 'teal' } } as const
  writeFileSync(photo, await sharp(pixels).png().toBuffer())
  expect((await ann.must('group', 'picture', 'trip', photo, '--json')).objects).toEqual([
    { ...base, type: 'picture', bytes: expect.any(Number) },
  ])
  expect((await ben.must('group', 'topic', 'trip')).out).toBe('We leave on Friday\n')
  const [saved] = (await ben.must('group', 'picture', 'trip', '--save', '.', '--json')).objects
  expect(existsSync(String(saved?.path))).toBe(true)
  expect(await sharp(String(saved?.path)).metadata()).toMatchObject({ format: 'webp', width: 240 })
  expect((await ann.must('group', 'rename', 'trip', 'Rome')).out).toBe('#trip: it is called #Rome now\n')
  expect(await lines(ben, '#Rome')).toEqual(
    expect.arrayContaining([
      'ann named this group Rome',
      'ann set the topic: We leave on Friday',
      'ann changed the picture of this group',
    ]),
  )
  await ann.must('group', 'rename', 'Rome', 'trip')
})

test('a member adds people where everybody may, and shares messages with them', async () => {
  expect((await ann.must('group', 'rules', 'trip', '--add', 'everybody')).out).toBe('#trip: everybody may add people\n')
  expect((await ben.must('group', 'rules', 'trip')).out).toBe('#trip: everybody may add people, everybody may write\n')
  const added = await ben.must('group', 'add', 'trip', 'cleo', '--share', '25', '--json')
  expect(added.objects).toEqual([
    { conversation: expect.any(String), name: 'trip', type: 'shared', messages: 1 },
    { type: 'added', conversation: expect.any(String), name: 'trip', users: ['cleo'] },
  ])
  expect(await lines(ann)).toContain('ben shared the last message with cleo')
  const shown = await cleo.must('history', '#trip')
  expect(shown.out).toContain('ben shared the last message with you. This is what was written according to ben:')
  expect(shown.out).toMatch(/^ {4}\| .* ann: before cleo$/m)
  const shared = (await cleo.must('history', '#trip', '--json')).objects.find(({ kind }) => kind === 'shared')
  expect(shared).toMatchObject({ type: 'system', from: 'ben', shared: [{ from: 'ann', text: 'before cleo' }] })
})

test('where only admins write, a member is told so, and the message is not sent', async () => {
  await ann.must('group', 'rules', 'trip', '--write', 'admins')
  expect(await cleo.run('send', '#trip', 'may I?', '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'admins_write' }],
  })
  expect(await lines(cleo)).toContain('ann decided: only admins may write')
  await ann.must('group', 'rules', 'trip', '--write', 'everybody')
  expect(await lines(cleo)).toContain('ann decided: everybody may write')
  await cleo.must('send', '#trip', 'now I may')
})

test('a banned user is added only after the ban is lifted, and the owner names a successor to leave', async () => {
  expect((await ann.must('group', 'remove', 'trip', 'cleo', '--ban')).out).toBe('#trip: banned cleo\n')
  expect((await ben.must('group', 'bans', 'trip', '--json')).objects).toMatchObject([
    { type: 'banned', username: 'cleo' },
  ])
  expect(await ben.run('group', 'add', 'trip', 'cleo')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Lift the ban first: fastchat group unban GROUP USER'),
  })
  await ann.must('group', 'unban', 'trip', 'cleo')
  await ben.must('group', 'add', 'trip', 'cleo')
  expect(await ann.run('group', 'leave', 'trip', '--json')).toMatchObject({
    code: 1,
    objects: [{ type: 'error', code: 'successor_needed' }],
  })
  expect((await ann.must('group', 'transfer', 'trip', 'cleo')).out).toBe(
    '#trip: cleo owns it now, and you are an admin\n',
  )
  expect(await ann.run('group', 'remove', 'trip', 'cleo', '--json')).toMatchObject({
    objects: [{ type: 'error', code: 'owner_only' }],
  })
  await cleo.must('group', 'leave', 'trip', '--successor', 'ben')
  await ann.must('send', '#trip', 'after cleo')
  expect((await ben.must('group', 'members', 'trip', '--json')).objects).toMatchObject([
    { username: 'ann', role: 'admin' },
    { username: 'ben', role: 'owner' },
  ])
})
