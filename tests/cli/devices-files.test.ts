import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let bob: Machine
beforeAll(async () => {
  stack = await Stack.start()
  ;[ann, bob] = await Promise.all([Machine.of(stack.url, 'ann'), Machine.of(stack.url, 'bob')])
})
afterAll(async () => {
  await closeMachines()
  await stack.stop()
})

const objects = async (machine: Machine, ...args: string[]) => (await machine.must(...args, '--json')).objects
const pictureOf = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer()
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('several files are sent with one command, and are saved as they were', async () => {
  const [plan, film] = [Buffer.from('%PDF-1.7 plan'), randomBytes(3_000_000)]
  await writeFile(join(ann.folder, 'plan.pdf'), plan)
  await writeFile(join(ann.folder, 'film.mp4'), film)
  const sent = await objects(ann, 'send', 'bob', 'for you', '--file', 'plan.pdf', '--file', 'film.mp4')
  expect(sent.filter(({ type }) => type === 'sent')).toHaveLength(2)
  const progress = sent.filter(({ type }) => type === 'progress')
  expect(progress.at(-1)).toMatchObject({ stage: 'uploading' })
  const lines = (await objects(bob, 'history', '@ann')).filter(({ type }) => type === 'message')
  expect(lines).toMatchObject([
    { kind: 'file', caption: 'for you', file: { name: 'plan.pdf', size: plan.length, mime: 'application/pdf' } },
    { kind: 'file', file: { name: 'film.mp4', size: film.length, mime: 'video/mp4' } },
  ])
  expect((await bob.must('history', '@ann')).out).toContain('[file plan.pdf, 13 bytes; fastchat save')
  const folder = join(bob.folder, 'got')
  await mkdir(folder)
  for (const { id } of lines) await bob.must('save', String(id), folder)
  expect((await readdir(folder)).toSorted()).toEqual(['film.mp4', 'plan.pdf'])
  expect(digest(await readFile(join(folder, 'film.mp4')))).toBe(digest(film))
  expect((await stat(join(folder, 'plan.pdf'))).mode & 0o111).toBe(0)
  // A second time, under another name.
  expect((await bob.must('save', String(lines[0]?.id), folder)).out).toContain('plan (1).pdf')
})

test('several pictures are sent with one command, and a text and a file do not mix with them', async () => {
  const pictures = await Promise.all([pictureOf(900, 700), pictureOf(40, 30)])
  await Promise.all(pictures.map((bytes, at) => writeFile(join(ann.folder, `view${at}.jpg`), bytes)))
  const sent = await objects(ann, 'send', 'bob', 'the view', '--image', 'view0.jpg', '--image', 'view1.jpg')
  expect(sent.filter(({ type }) => type === 'sent')).toHaveLength(2)
  expect((await objects(bob, 'history', '@ann')).slice(-2)).toMatchObject([
    { kind: 'image', caption: 'the view', file: { width: 900, height: 700 } },
    { kind: 'image', file: { width: 40, height: 30 } },
  ])
  expect((await objects(ann, 'failed')).length).toBe(0)
})

test('a file that cannot be sent is refused before anything is read', async () => {
  const large = join(ann.folder, 'large.bin')
  await writeFile(large, '')
  await truncate(large, 26 * 1024 * 1024)
  expect(await ann.run('send', 'bob', '--file', 'large.bin')).toMatchObject({
    code: 1,
    err: expect.stringContaining('A file has at most 24 MiB. Nothing was sent'),
  })
  expect((await ann.run('send', 'bob', '--file', 'nothing.bin')).err).toContain('There is no file')
  expect((await ann.run('send', 'bob', '--file', '.')).err).toContain('is a folder')
  expect((await ann.run('send', 'bob', '--file', 'a', '--image', 'b')).err).toContain('either --file or --image')
})

test('an interactive chat sends and saves files by number', async () => {
  await writeFile(join(ann.folder, 'notes.txt'), 'some notes')
  const chat = ann.start([])
  chat.type('/open @bob')
  chat.type('/file notes.txt')
  await chat.shows('[file notes.txt, 10 bytes; /save')
  chat.type('/cancel')
  await chat.shows('No file is on its way')
  chat.type('/devices')
  await chat.shows('(this device)')
  chat.type('/quit')
  expect((await chat.ended).code).toBe(0)
})

test('a new device is told until somebody looks, then it is named, and removed by its number', async () => {
  const kim = await Machine.of(stack.url, 'kim')
  const second = new Machine(stack.url)
  await second.must('login', 'kim')
  const told = (await kim.must('chats')).err
  expect(told).toMatch(/New sign-in: CLI on .* \(terminal\), .*\. Not you\? fastchat devices rm 2/)
  expect((await kim.must('chats')).err).toContain('New sign-in')
  expect((await kim.must('devices')).out).toContain('NEW')
  expect((await kim.must('chats')).err).not.toContain('New sign-in')
  expect(await objects(kim, 'devices', 'rename', '2', 'Old laptop')).toMatchObject([
    { type: 'device_renamed', name: 'Old laptop' },
  ])
  await second.must('devices')
  expect((await second.must('whoami')).out).toContain('Old laptop')
  expect((await kim.run('devices', 'rename', '7', 'x')).err).toContain('You have no such device')
  await kim.must('devices', 'rm', '2')
  expect((await objects(kim, 'devices')).map(({ number }) => number)).toEqual([1])
  expect((await second.run('chats', '--json')).objects.at(-1)).toMatchObject({ code: 'device_revoked' })
})

test('a message that could not be sent stays with its text, until it is discarded', async () => {
  const [eve, fay] = await Promise.all([Machine.of(stack.url, 'eve'), Machine.of(stack.url, 'fay')])
  await eve.must('group', 'create', 'Trip', 'fay')
  await fay.must('chats')
  for (const pod of stack.podNames) await stack.end(pod)
  await fay.must('send', '#Trip', 'am I still here?', '--no-wait')
  for (const pod of stack.podNames) await stack.bringUp(pod)
  await eve.must('group', 'remove', 'Trip', 'fay')
  await fay.must('chats')
  expect(await objects(fay, 'failed')).toMatchObject([
    { type: 'failed', number: 1, chat: '#Trip', code: 'not_a_member', text: 'am I still here?' },
  ])
  expect((await fay.run('failed', 'retry', '1')).err).toContain('no longer a member')
  await fay.must('failed', 'discard', '1')
  expect((await fay.must('failed')).out).toBe('No message failed\n')
  expect((await fay.run('failed', 'retry', '1')).err).toContain('There is no such failed message')
})
