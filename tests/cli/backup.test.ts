import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const objects = async (who: Machine, ...words: string[]) => (await who.must(...words, '--json')).objects
const textsOf = async (who: Machine, chat: string) =>
  (await objects(who, 'history', chat)).flatMap(({ type, text }) => (type === 'message' ? [text] : []))

test('a new machine with name and password alone shows the old chats, and exports them with their files', async () => {
  const [ann, ben] = [await Machine.of(stack.url, 'ann'), await Machine.of(stack.url, 'ben')]
  await ann.must('group', 'create', 'trip', 'ben')
  await ann.must('send', 'ben', 'hello')
  await ann.must('send', '#trip', 'who comes along?')
  await ben.must('send', '#trip', 'I do')
  const picture = join(ann.folder, 'beach.png')
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'blue' } })
    .png()
    .toFile(picture)
  await ann.must('send', '#trip', '--image', picture, '--caption', 'here')
  await ann.must('history', '#trip')
  rmSync(ann.home, { recursive: true })

  const laptop = new Machine(stack.url)
  await laptop.must('login', 'ann')
  expect(await textsOf(laptop, '#trip')).toEqual(['who comes along?', 'I do', undefined])
  expect(await textsOf(laptop, 'ben')).toEqual(['hello'])
  const [status] = await objects(laptop, 'backup', 'now')
  expect(status).toMatchObject({ type: 'backup', state: 'on', chats: 2, isUpToDate: true, missing: 0 })

  const dir = join(laptop.folder, 'export')
  const exported = await objects(laptop, 'export', dir)
  expect(exported.at(-1)).toMatchObject({ type: 'exported', folder: dir, chats: 2, files: 1, missing: 0 })
  const trip = (await objects(laptop, 'chats')).find(({ name }) => name === 'trip')
  const folder = join(dir, `trip-${trip?.conversation}`)
  const lines = readFileSync(join(folder, 'messages.jsonl'), 'utf8').trim().split('\n')
  const sent = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'message')
  expect(sent.map(({ from, text, caption }) => [from, text ?? caption])).toEqual([
    ['ann', 'who comes along?'],
    ['ben', 'I do'],
    ['ann', 'here'],
  ])
  const file = join(folder, sent[2].path)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect((await sharp(file).metadata()).width).toBe(8)

  // An interrupted export goes on: a file that is there stays, and one that is not comes.
  const before = statSync(file).mtimeMs
  await laptop.must('export', dir)
  expect(statSync(file).mtimeMs).toBe(before)
  rmSync(file)
  await laptop.must('export', dir)
  expect(existsSync(file)).toBe(true)
  rmSync(file)
  await stack.sql('delete from attachment')
  const gone = await objects(laptop, 'export', dir)
  expect(gone[0]).toMatchObject({ type: 'not_exported', seq: sent[2].seq })
  expect(gone.at(-1)).toMatchObject({ type: 'exported', missing: 1 })

  // Nothing of somebody else is written over.
  const other = join(laptop.folder, 'mine')
  mkdirSync(other)
  writeFileSync(join(other, 'diary.txt'), 'mine')
  expect(await laptop.run('export', other)).toMatchObject({ out: '', err: expect.stringContaining('other files') })
  expect(readFileSync(join(other, 'diary.txt'), 'utf8')).toBe('mine')
}, 180_000)

test('the backup is switched for all devices of an account', async () => {
  const [cat, dan] = [await Machine.of(stack.url, 'cat'), await Machine.of(stack.url, 'dan')]
  await cat.must('send', 'dan', 'stored')
  const second = new Machine(stack.url)
  await second.must('login', 'cat')
  expect(await objects(second, 'backup', 'off')).toMatchObject([{ state: 'off' }])
  expect((await cat.must('backup', 'status')).out).toContain('off on all your devices')
  await cat.must('send', 'dan', 'not stored')
  const third = new Machine(stack.url)
  await third.must('login', 'cat')
  expect(await textsOf(third, 'dan')).toEqual(['stored'])
  expect(await objects(third, 'backup', 'on')).toMatchObject([{ state: 'on' }])
  await cat.must('backup', 'now')
  await third.must('backup', 'now')
  expect(await textsOf(third, 'dan')).toEqual(['stored', 'not stored'])
  expect(await dan.run('backup', 'burn')).toMatchObject({ code: 64 })
}, 180_000)
