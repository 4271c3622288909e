import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LyingServer } from '../support/lying-server.ts'
import { Person } from '../support/person.ts'
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

/** Returns the lines of both chats as --json prints them. */
async function everything(who: Machine): Promise<Record<string, readonly object[]>> {
  return { trip: await objects(who, 'history', '#trip'), ben: await objects(who, 'history', 'ben') }
}

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
  const [asked, answer] = (await objects(ann, 'history', '#trip')).filter(({ type }) => type === 'message')
  await ann.must('edit', `#trip#${asked?.seq}`, 'who comes along on Friday?')
  await ben.must('react', `#trip#${asked?.seq}`, '👍')
  await ben.must('reply', `#trip#${answer?.seq}`, 'with the tent')
  await ann.must('pin', `#trip#${answer?.seq}`)
  await ann.must('mute', 'ben', 'always')
  const before = await everything(ann)
  rmSync(ann.home, { recursive: true })

  const laptop = new Machine(stack.url)
  await laptop.must('login', 'ann')
  expect(await textsOf(laptop, 'ben')).toEqual(['hello'])
  // All lines are the same as before; the new device itself may have added some behind them.
  const after = await everything(laptop)
  for (const [chat, lines] of Object.entries(before)) expect(after[chat]?.slice(0, lines.length)).toEqual(lines)
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
    ['ann', 'who comes along on Friday?'],
    ['ben', 'I do'],
    ['ann', 'here'],
    ['ben', 'with the tent'],
  ])
  expect(sent[0]).toMatchObject({
    versions: [{ text: 'who comes along?' }, { text: 'who comes along on Friday?' }],
    reactions: [{ emoji: '👍', from: ['ben'] }],
  })
  const json = (name: string) => JSON.parse(readFileSync(join(dir, `${name}.json`), 'utf8'))
  expect(json('account')).toMatchObject({ username: 'ann', devices: [{}, {}] })
  expect(json('people')).toMatchObject([{ username: 'ben', isBlocked: false }])
  expect(json('settings')).toMatchObject({ privacy: { receipts: true } })
  const chats = json('chats') as { name: string; isMuted: boolean; members: { username: string }[] }[]
  expect(chats.map(({ name }) => name).toSorted()).toEqual(['ben', 'trip'])
  expect(chats.find(({ name }) => name === 'ben')).toMatchObject({ isMuted: true })
  expect(chats.find(({ name }) => name === 'trip')?.members.map(({ username }) => username)).toEqual(['ann', 'ben'])
  const file = join(folder, sent[2].path)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect((await sharp(file).metadata()).width).toBe(8)

  // An interrupted export goes on: a file that is there stays, and one that is not comes.
  const written = statSync(file).mtimeMs
  await laptop.must('export', dir)
  expect(statSync(file).mtimeMs).toBe(written)
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

test('a restore that is killed again and again while messages arrive loses and doubles nothing', async () => {
  const liar = await LyingServer.start(stack.url)
  const [kim, lee] = [await Person.signUp(stack.url, 'kim'), await Person.signUp(stack.url, 'lee')]
  const chats: string[] = []
  for (let n = 0; n < 6; n++) {
    const { id } = await kim.client.createGroup(`chat${n}`, [lee.id])
    chats.push(`#chat${n}`)
    for (let line = 0; line < 10; line++) await kim.queue(id, `${n}-${line}`)
    await kim.send(id, `${n}-10`)
  }
  await lee.sees('5-10')
  await kim.within(kim.client.backup.now(), 'backing up')
  await kim.offline()
  const [first] = lee.client.conversations().filter(({ name }) => name === 'chat0')
  if (!first) throw new Error('a chat')

  const machine = new Machine(liar.url)
  const live: string[] = []
  let asked = 0
  for (let run = 0; run < 4; run++) {
    const { child, ended } = machine.start(run === 0 ? ['login', 'kim'] : ['backup', 'now'])
    child.stdin?.end()
    liar.loses = (request) => {
      // Every second part that is asked for, the program dies.
      if (request.startsWith('GET /v1/backup/segments/') && ++asked % 2 === 0) child.kill('SIGKILL')
      return false
    }
    live.push(`live ${run}`)
    await lee.send(first.conversation, `live ${run}`)
    await ended
  }
  liar.loses = () => false
  expect(asked).toBeGreaterThanOrEqual(2)
  if ((await machine.run('whoami')).code !== 0) await machine.must('login', 'kim')
  await machine.must('backup', 'now')
  const said = (n: number) => Array.from({ length: 11 }, (_, line) => `${n}-${line}`)
  for (const [n, chat] of chats.entries()) {
    const texts = await machine.texts(chat)
    expect(texts.slice(0, 11)).toEqual(said(n))
    if (n > 0) expect(texts).toHaveLength(11)
    // The machine has the live lines from its join on; before that nobody has backed them up.
    else expect(live.join()).toContain(texts.slice(11).join())
  }
  liar.stop()
  await lee.offline()
}, 180_000)
