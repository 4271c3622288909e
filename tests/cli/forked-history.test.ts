import type { ConversationId } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dropping } from '../support/forks.ts'
import { LyingPod } from '../support/lying-pod.ts'
import { LyingServer } from '../support/lying-server.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let liar: LyingPod
let server: LyingServer
let ann: Machine
let ben: Machine

beforeAll(async () => {
  stack = await Stack.start()
  liar = await LyingPod.start(stack.pod(0))
  server = await LyingServer.start(stack.url, liar.url)
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(server.url, 'ben')
})
afterAll(async () => {
  closeMachines()
  server?.stop()
  liar?.stop()
  await stack?.stop()
})

const words = 'ann’s device saw something else in this chat'

/**
 * Ann sends three messages, and the lying pod hides the first one from Ben. Each of her commands
 * reads the message that the command before sent.
 */
async function forkFor(chat: ConversationId, from: number): Promise<void> {
  liar.lie = dropping(chat, from)
  for (const text of ['unseen', 'shown', 'shown, too']) {
    await ann.must('send', 'ben', text)
    await ann.must('history', 'ben')
  }
}

async function place(): Promise<{ chat: ConversationId; next: number }> {
  await ann.must('send', 'ben', 'before')
  const { objects } = await ann.must('history', 'ben', '--json')
  const last = objects.at(-1) as { conversation: ConversationId; seq: number }
  return { chat: last.conversation, next: last.seq + 1 }
}

test('tail, its JSON and the interactive screen show an alarm at once, and history keeps it', async () => {
  const { chat, next } = await place()
  await ben.must('history', 'ann')
  const screen = ben.start([])
  await screen.shows('your chats')
  screen.type('/open ann')
  await screen.shows('before')
  const tail = ben.start(['tail', 'ann'])
  const json = ben.start(['tail', 'ann', '--json'])
  await forkFor(chat, next)
  await screen.shows(words)
  await tail.shows(words)
  await json.shows('history_differs')
  screen.type('/quit')
  for (const one of [tail, json]) one.child.kill('SIGTERM')
  await screen.ended
  const { objects } = await json.ended
  const line = objects.find(({ kind }) => kind === 'trouble')
  expect(line).toMatchObject({ type: 'system', code: 'history_differs', from: 'ann', chat: '@ann', conversation: chat })
  expect(line?.text).toContain('outside this server')
  const { out } = await ben.must('history', 'ann')
  expect(out).toContain(`! ${words}`)
  expect(out).not.toContain('unseen')
})

test('a command that shows no lines of chats tells an alarm, too', async () => {
  const cleo = await Machine.of(server.url, 'cleo')
  liar.lie = (frame) => [frame]
  for (const text of ['one', 'two']) {
    await ann.must('send', 'cleo', text)
    await ann.must('history', 'cleo')
  }
  await cleo.must('history', 'ann')
  const { objects } = await ann.must('history', 'cleo', '--json')
  const last = objects.at(-1) as { conversation: ConversationId; seq: number }
  liar.lie = dropping(last.conversation, last.seq + 1)
  for (const text of ['hidden', 'shown', 'shown, too']) {
    await ann.must('send', 'cleo', text)
    await ann.must('history', 'cleo')
  }
  const chats = await cleo.must('chats', '--json')
  expect(chats.objects).toContainEqual(
    expect.objectContaining({ type: 'trouble', code: 'history_differs', message: expect.stringContaining(words) }),
  )
})
