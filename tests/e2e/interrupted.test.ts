import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from '@fastchat/client/node'
import { errors } from '@fastchat/schema'
import { eventually, startProcess } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { loseNextCommitAnswer } from '../support/commit-answers.ts'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms).toEqual([]))

const storeKey = new Uint8Array(32).fill(7)
const storePath = () => join(mkdtempSync(join(tmpdir(), 'fastchat-e2e-')), 'store.db')
const senderFile = join(import.meta.dirname, '..', 'support', 'sender.ts')
const signUp = (name: string, machine = {}) => Person.signUp(stack.url, `${name}-${++turn}`, machine)

test('an accepted commit whose answer was lost is adopted from the log, once', async () => {
  const [ana, ben, cleo] = await Promise.all([signUp('ana'), signUp('ben'), signUp('cleo')])
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await eventually(() => expect(ben.client.conversation(group).record.status).toBe('active'))
  const { lost } = loseNextCommitAnswer(ana)
  await ana.client.addMembers(group, [cleo.id])
  await eventually(() => expect(lost()).toBe(1))
  await eventually(() => expect(cleo.client.conversation(group).record.status).toBe('active'))
  await ana.send(group, 'hello all')
  await Promise.all([ben.sees('hello all'), cleo.sees('hello all')])
  expect(
    await stack.sql(
      'select count(*)::int as commits from message join conversation on conversation.id = conversation_id where pub_id = $1 and message.kind = 1',
      [group],
    ),
  ).toEqual([{ commits: 2 }])
})

test('messages queued without a connection are sent after a restart, once and in order', async () => {
  const store = sqliteStore(storePath(), storeKey)
  const [ana, ben] = [await signUp('ana', { store }), await signUp('ben')]
  await ana.send(ben, 'first')
  await ben.sees('first')
  await ana.offline()
  const texts = Array.from({ length: 20 }, (_, n) => `queued ${n}`)
  for (const text of texts) await ana.queue(ben, text)
  const again = await Person.open(stack.url, ana.name, { store })
  await ben.sees(...texts)
  await again.sees(...texts)
  expect(ben.texts()).toEqual(['first', ...texts])
  expect(again.texts()).toEqual(texts)
  expect(ben.client.counters.undecryptable + again.client.counters.undecryptable).toBe(0)
})

test('a device killed while sending continues where it stopped', async () => {
  const path = storePath()
  const [ana, ben] = [await signUp('ana', { store: sqliteStore(path, storeKey) }), await signUp('ben')]
  const { conversation } = await ana.queue(ben, '0')
  await Promise.all([ana.sees('0'), ben.sees('0')])
  await ana.offline()
  await ana.store.close()
  const texts = Array.from({ length: 60 }, (_, n) => String(n + 1))
  const args = [stack.url, path, Buffer.from(storeKey).toString('hex'), conversation, String(texts.length)]
  for (const round of [3, 8]) {
    const sender = await startProcess({
      name: `sender until ${round}`,
      file: senderFile,
      args: round === 3 ? args : [...args.slice(0, 4), '0'],
    })
    await eventually(() => expect(sender.output().match(/stored/g)?.length).toBeGreaterThanOrEqual(round), {
      timeoutMs: 20_000,
    })
    sender.kill('SIGKILL')
    await sender.exited
  }
  const again = await Person.open(stack.url, ana.name, { store: sqliteStore(path, storeKey) })
  await eventually(() => expect(again.client.conversation(conversation).outbox.records.size).toBe(0), {
    timeoutMs: 20_000,
  })
  const sent = await again.client.history(conversation, 100)
  const own = sent.flatMap(({ payload }) => (payload?.kind === 'text' ? [payload.text] : []))
  expect(own).toEqual(['0', ...texts.slice(0, own.length - 1)])
  await eventually(() => expect(ben.texts()).toEqual(own))
  expect(ben.client.counters.undecryptable + again.client.counters.undecryptable).toBe(0)
  expect(sent.filter(({ type }) => type === 'unreadable')).toEqual([])
})

test('without a pod the client says so, and it continues by itself when one is back', async () => {
  const [ana, ben] = [await signUp('ana'), await signUp('ben')]
  await ana.send(ben, 'before')
  await ben.sees('before')
  await Promise.all([stack.kill('chat-0'), stack.kill('chat-1')])
  await eventually(
    () =>
      expect(ana.client.state).toMatchObject({
        state: 'unavailable',
        error: { message: errors.no_services_available.message },
      }),
    { timeoutMs: 20_000 },
  )
  const { conversation, id } = await ana.queue(ben, 'while nobody was there')
  await Promise.all([stack.bringUp('chat-0'), stack.bringUp('chat-1')])
  await ana.client.conversation(conversation).outbox.whenStored(id)
  await eventually(() => expect(ben.texts()).toEqual(['before', 'while nobody was there']), { timeoutMs: 30_000 })
})
