import { createHmac } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type InstalledSdk, installSdk } from '../support/installed-sdk.ts'
import { Person, password } from '../support/person.ts'
import { killPrograms, type Program, startProgram } from '../support/program.ts'
import { Stack } from '../support/stack.ts'
import { WebhookTarget } from '../support/webhook-target.ts'

/*
 * The SDK as a stranger has it, from its tarball: the bot of its README, and the examples, beside a
 * whole installation.
 */

/** The time to build and install the SDK on a busy machine. */
const setupMs = 5 * 60_000

let stack: Stack
let sdk: InstalledSdk
beforeAll(async () => {
  sdk = await installSdk()
  stack = await Stack.start({ pods: 1 })
}, setupMs)
afterEach(killPrograms)
afterAll(async () => {
  await stack?.stop()
  await sdk?.remove()
})

/** Makes an account for a program, starts it, and waits until its device can be added to chats. */
async function firstStart(name: string, start: () => Program): Promise<Program> {
  const owner = await Person.signUp(stack.url, name)
  const program = start()
  await eventually(async () => {
    const devices = await owner.client.devices()
    const ready = devices.filter(({ keyPackages }) => keyPackages > 0)
    expect(ready, program.out()).toHaveLength(2)
  })
  await owner.offline()
  return program
}

const chatOf = async (person: Person, name: string): Promise<ConversationId> => {
  const { userId } = await person.client.user(name)
  return (await person.within(person.client.openDirect(userId), 'a direct chat')).id
}

const env = (name: string) => ({
  FASTCHAT_URL: stack.url,
  FASTCHAT_USERNAME: name,
  FASTCHAT_PASSWORD: password,
})

test('the bot of the README runs as it is printed, and has about 20 lines', async () => {
  const readme = await readFile(join(sdk.built, 'README.md'), 'utf8')
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(20)
  await writeFile(join(sdk.project, 'bot.mjs'), code)
  const bot = await firstStart('echo', () => startProgram('bot.mjs', sdk.project, env('echo')))
  const ana = await Person.signUp(stack.url, 'ana')
  await ana.send(await chatOf(ana, 'echo'), 'hello')
  await ana.sees('You said: hello')
  bot.kill('SIGTERM')
  expect(await bot.ended, bot.out()).toBe(0)
  expect(bot.out()).toBe('')
  await ana.offline()
})

test('the echo bot answers once across a crash and a restart, joins groups, and ends on SIGTERM', async () => {
  const folder = await sdk.example('echo-bot')
  const first = await firstStart('parrot', () => startProgram('bot.mjs', folder, env('parrot')))
  const [bea, cal] = [await Person.signUp(stack.url, 'bea'), await Person.signUp(stack.url, 'cal')]
  const direct = await chatOf(bea, 'parrot')
  await bea.send(direct, 'one')
  await bea.sees('You said: one')
  first.kill('SIGKILL')
  await first.ended

  await bea.send(direct, 'two')
  // The password is in a file this time. The home is signed in, so it is not even read.
  const { FASTCHAT_PASSWORD: _, ...others } = env('parrot')
  const second = startProgram('bot.mjs', folder, { ...others, FASTCHAT_PASSWORD_FILE: join(folder, 'no-file') })
  await bea.sees('You said: two')
  const parrot = await bea.client.user('parrot')
  const group = (await bea.client.createGroup('Birds', [parrot.userId, cal.id])).id
  await eventually(() => expect(cal.client.conversations().map(({ name }) => name)).toContain('Birds'))
  await bea.send(group, 'not for the bot')
  await cal.client.texts.send(group, '@parrot hello')
  await Promise.all([bea.sees('You said: @parrot hello'), cal.sees('You said: @parrot hello')])

  // Another process cannot use the home meanwhile.
  const third = startProgram('bot.mjs', folder, env('parrot'))
  expect(await third.ended).toBe(1)
  expect(third.out()).toContain('Another process is using this home')

  second.kill('SIGTERM')
  expect(await second.ended, second.out()).toBe(0)
  expect(second.out()).toContain('Stopped')
  expect(bea.texts()).not.toContain('You said: not for the bot')
  expect(bea.texts(direct)).toEqual(['one', 'You said: one', 'two', 'You said: two'])
  expect(second.out()).not.toContain('hello')
  await Promise.all([bea.offline(), cal.offline()])
})

test('the echo bot logs in anew after its session was ended from elsewhere', async () => {
  const folder = await sdk.example('echo-bot')
  const home = { FASTCHAT_HOME: join(sdk.project, 'magpie-home') }
  const bot = await firstStart('magpie', () => startProgram('bot.mjs', folder, { ...env('magpie'), ...home }))
  const owner = await Person.logIn(stack.url, 'magpie')
  await owner.client.account.endSessions({ keepThis: true })
  await eventually(() => expect(bot.out().split('Answering as magpie')).toHaveLength(3))
  const dee = await Person.signUp(stack.url, 'dee')
  await dee.send(await chatOf(dee, 'magpie'), 'again')
  await dee.sees('You said: again')
  await Promise.all([owner.offline(), dee.offline()])
})

test('a bot without its settings says which one is missing', async () => {
  const bot = startProgram('bot.mjs', await sdk.example('echo-bot'), {})
  expect(await bot.ended).toBe(1)
  expect(bot.out()).toContain('FASTCHAT_USERNAME is not set')
})

const token = 'a'.repeat(32)
const signingSecret = 's'.repeat(32)

test('the bridge sends each posted text once per key, and posts messages with a signature', async () => {
  const folder = await sdk.example('webhook-bridge')
  const eve = await Person.signUp(stack.url, 'eve')
  const target = new WebhookTarget()
  const settings = {
    ...env('bridge'),
    ...{ BRIDGE_PORT: '0', BRIDGE_TOKEN: token, BRIDGE_RETRY_MS: '10' },
    ...{ BRIDGE_TARGET_URL: await target.listen(), BRIDGE_SIGNING_SECRET: signingSecret },
  }
  const bridge = await firstStart('bridge', () => startProgram('bridge.mjs', folder, settings))
  await bridge.shows('"event":"listening"')
  const address = /"address":"([^"]+)"/.exec(bridge.out())?.[1]
  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${address}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  const message = { user: 'eve', text: 'Build 1 failed' }
  const sent = await post(message, { 'idempotency-key': 'build-1' })
  expect(sent).toMatchObject({ status: 200, body: { id: expect.any(String), seq: expect.any(Number) } })
  expect(await post(message, { 'idempotency-key': 'build-1' })).toEqual(sent)
  const conversation = sent.body.conversation as ConversationId
  expect(await post({ conversation, text: 'Build 2 failed' })).toMatchObject({ status: 200 })
  await eve.sees('Build 1 failed', 'Build 2 failed')
  expect(eve.texts(conversation)).toEqual(['Build 1 failed', 'Build 2 failed'])

  expect(await post(message, { authorization: `Bearer ${'b'.repeat(32)}` })).toMatchObject({ status: 401 })
  expect(await post(message, { authorization: '' })).toMatchObject({ status: 401 })
  expect(await post({ text: 'to nobody' })).toMatchObject({ status: 400 })
  expect(await post({ ...message, more: 1 })).toMatchObject({ status: 400 })
  expect(await post('{')).toMatchObject({ status: 400 })
  expect(await post({ user: 'eve', text: 'x'.repeat(70_000) })).toMatchObject({ status: 413 })
  expect(await post({ user: 'nobody-has-this-name', text: 'x' })).toMatchObject({ status: 404 })
  const unknown = '0195f3a0-7c00-7000-8000-000000000001'
  expect(await post({ conversation: unknown, text: 'x' })).toMatchObject({ status: 404 })

  target.answers.push(503, 429)
  await eve.client.people.accept(conversation)
  await eve.send(conversation, 'which build?')
  await bridge.shows('"event":"delivered"')
  expect(target.texts()).toEqual(['which build?', 'which build?', 'which build?'])
  const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: '' }] = target.posts
  const signed = createHmac('sha256', signingSecret).update(`${headers['x-fastchat-timestamp']}.${body}`).digest('hex')
  expect(headers['x-fastchat-signature']).toBe(`v1=${signed}`)
  expect(new Set(target.posts.map((one) => one.headers['idempotency-key'])).size).toBe(1)
  expect(JSON.parse(body)).toMatchObject({ conversation, from: eve.id, name: 'eve', kind: 'text' })

  // A redirect is not followed, and a refusal is final.
  target.answers.push(302, 410)
  await eve.send(conversation, 'redirected')
  await eve.send(conversation, 'gone')
  await eventually(() => expect(bridge.out().split('"event":"refused"')).toHaveLength(3))
  expect(target.texts().slice(3)).toEqual(['redirected', 'gone'])

  // After eight tries the bridge goes on without the message.
  target.answers.push(...Array.from({ length: 8 }, () => 500))
  await eve.send(conversation, 'given up')
  await bridge.shows('"event":"given_up"')
  expect(target.texts().slice(5)).toHaveLength(8)
  bridge.kill('SIGTERM')
  expect(await bridge.ended, bridge.out()).toBe(0)
  for (const secret of ['Build 1', 'which build', 'redirected', token, signingSecret, password])
    expect(bridge.out()).not.toContain(secret)
  await target.close()
  await eve.offline()
})

test('the bridge refuses a target that is not https, and a short token', async () => {
  const folder = await sdk.example('webhook-bridge')
  const bridge = (more: Record<string, string>) =>
    startProgram('bridge.mjs', folder, { ...env('bridge'), BRIDGE_TOKEN: token, ...more })
  for (const BRIDGE_TARGET_URL of ['http://example.org/', 'file:///etc/passwd', 'https://user:pass@example.org/', 'x'])
    expect(await bridge({ BRIDGE_TARGET_URL, BRIDGE_SIGNING_SECRET: signingSecret }).ended).toBe(1)
  const short = bridge({ BRIDGE_TOKEN: 'short' })
  expect(await short.ended).toBe(1)
  expect(short.out()).not.toContain('"short"')
})
