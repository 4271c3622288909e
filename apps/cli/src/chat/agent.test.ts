import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { adminsOnly } from '../to-cli-error.ts'
import { serveChat } from './agent.ts'
import { type Chat, chatThrough, type Hint } from './chat.ts'
import { connectChat, HolderGone } from './remote-chat.ts'

const socketPath = () => join(mkdtempSync(join(tmpdir(), 'fastchat-agent-')), 'agent.sock')
const hello = { url: 'http://here', username: 'alice' }

/** Returns a device whose verbs answer with the verb and its arguments. */
const echo = (more: Partial<Chat> = {}): Chat => ({ ...chatThrough(async (verb, args) => ({ verb, args })), ...more })

test('a verb reaches the process that holds the home, and its answer comes back', async () => {
  const path = socketPath()
  const agent = await serveChat(path, echo(), hello)
  const remote = await connectChat(path, 'http://here', () => {})
  const answers = await Promise.all([remote?.chat.users({ query: 'b' }), remote?.chat.whoami()])
  expect(answers).toEqual([{ verb: 'users', args: { query: 'b' } }, { verb: 'whoami' }])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  remote?.close()
  await agent.close()
})

test('an error keeps its code, words and exit code', async () => {
  const path = socketPath()
  const agent = await serveChat(path, echo({ addMembers: () => Promise.reject(adminsOnly()) }), hello)
  const remote = await connectChat(path, 'http://here', () => {})
  const asked = remote?.chat.addMembers({ conversation: 'c' as never, userIds: [] as UserId[] }) // only handed on
  await expect(asked).rejects.toMatchObject({ code: 'admins_only', exitCode: 77, message: adminsOnly().message })
  remote?.close()
  await agent.close()
})

test('every connected process gets the hints', async () => {
  const path = socketPath()
  const agent = await serveChat(path, echo(), hello)
  const heard: Hint[] = []
  const remotes = await Promise.all([1, 2].map(() => connectChat(path, 'http://here', (hint) => heard.push(hint))))
  agent.tell({ type: 'changed' })
  await Promise.all(remotes.map((remote) => remote?.chat.whoami()))
  expect(heard).toEqual([{ type: 'changed' }, { type: 'changed' }])
  for (const remote of remotes) remote?.close()
  await agent.close()
})

test('when the process that answers ends, its open questions fail with HolderGone', async () => {
  const path = socketPath()
  const agent = await serveChat(path, echo({ whoami: () => new Promise(() => {}) }), hello)
  const remote = await connectChat(path, 'http://here', () => {})
  const asked = remote?.chat.whoami()
  const refused = expect(asked).rejects.toThrow(HolderGone)
  await remote?.chat.link()
  await agent.close()
  await refused
  await remote?.gone
  await expect(remote?.chat.link()).rejects.toThrow(HolderGone)
})

test('a socket file that an ended process left gives no connection, and the next holder replaces it', async () => {
  const path = socketPath()
  writeFileSync(path, '')
  expect(await connectChat(path, 'http://here', () => {})).toBeUndefined()
  const agent = await serveChat(path, echo(), hello)
  expect(await connectChat(path, 'http://here', () => {})).toBeDefined()
  await agent.close()
})

test('connecting to a process that sends no hello gives up', async () => {
  const path = socketPath()
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(path, resolve))
  expect(await connectChat(path, 'http://here', () => {})).toBeUndefined()
  silent.close()
})

test('connecting to a process that works with another server is a usage error', async () => {
  const path = socketPath()
  const agent = await serveChat(path, echo(), hello)
  await expect(connectChat(path, 'http://elsewhere', () => {})).rejects.toMatchObject({ exitCode: 64 })
  await agent.close()
})
