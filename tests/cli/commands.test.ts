import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

const people = (...names: string[]) => Promise.all(names.map((name) => Machine.of(stack.url, name)))

test('two people talk, and scripts read their messages in stable fields', async () => {
  const [ann, ben] = await people('ann', 'ben')
  const sent = await ann?.must('send', 'ben', 'hello ben', '--json')
  expect(sent?.objects).toEqual([
    { type: 'sent', id: expect.any(String), conversation: expect.any(String), seq: expect.any(Number) },
  ])
  const heard = await ben?.must('tail', '--requests', '--count', '1', '--for', '60', '--json')
  expect(heard?.objects.at(-1)).toEqual({
    type: 'message',
    kind: 'text',
    conversation: sent?.objects[0]?.conversation,
    chat: '@ann',
    seq: sent?.objects[0]?.seq,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    id: sent?.objects[0]?.id,
    from: 'ann',
    device: expect.any(String),
    text: 'hello ben',
  })
  await ben?.must('send', '@ann', 'hello ann')
  expect(await ann?.texts('ben')).toEqual(['hello ben', 'hello ann'])
  expect(await ben?.texts('ann')).toEqual(['hello ben', 'hello ann'])
  const words = await ann?.must('history', 'ben', '-n', '1')
  expect(words?.out).toMatch(/^\d\d:\d\d ben: hello ann\n$/)
})

test('tail shows unread and then new messages once, without those of this device', async () => {
  const [cat, dan] = await people('cat', 'dan')
  for (const text of ['one', 'two']) await cat?.must('send', 'dan', text)
  await dan?.must('accept', 'cat')
  expect((await dan?.must('chats', '--json'))?.objects).toMatchObject([{ kind: 'direct', name: 'cat', unread: 2 }])
  const running = dan?.start(['tail', 'cat', '--count', '3', '--json'])
  await running?.shows('"two"')
  await dan?.must('send', 'cat', 'mine')
  await cat?.must('send', 'dan', 'three')
  const { code, objects } = (await running?.ended) ?? {}
  expect(code).toBe(0)
  expect(objects?.filter(({ type }) => type === 'message').map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  expect((await dan?.must('chats', '--json'))?.objects).toMatchObject([{ unread: 0 }])
  expect((await dan?.must('tail', '--for', '0', '--json'))?.objects).toEqual([])
})

test('only an admin changes the members of a group, and names the next owner before leaving', async () => {
  const [eva, fay, gus] = await people('eva', 'fay', 'gus')
  expect((await eva?.must('group', 'create', 'Road trip', 'fay', 'gus', '--json'))?.objects).toEqual([
    { type: 'group', conversation: expect.any(String), name: 'Road trip', members: ['eva', 'fay', 'gus'] },
  ])
  await fay?.must('send', 'road trip', 'hi all')
  expect(await gus?.texts('#Road trip')).toEqual(['hi all'])

  expect((await fay?.must('group', 'members', 'Road trip'))?.out.split('\n').toSorted()).toEqual([
    '',
    'eva (owner)',
    'fay',
    'gus (not heard from yet)',
  ])
  expect((await gus?.must('group', 'members', 'Road trip', '--json'))?.objects).toContainEqual({
    type: 'member',
    username: 'fay',
    role: 'member',
    silent: false,
  })
  const refused = await fay?.run('group', 'remove', 'Road trip', 'gus', '--json')
  expect(refused).toMatchObject({ code: 77, err: 'Only admins can add or remove participants\n' })
  expect(refused?.objects).toEqual([
    { type: 'error', code: 'admins_only', message: 'Only admins can add or remove participants' },
  ])

  const digits = await Promise.all(
    [eva, fay, gus].map(async (one) => {
      const shown = await one?.must('group', 'members', 'Road trip', '--check', '--json')
      return shown?.objects.find(({ type }) => type === 'check')
    }),
  )
  expect(digits[0]).toMatchObject({ digits: expect.stringMatching(/^\d{5}( \d{5}){5}$/), epoch: expect.any(Number) })
  expect(new Set(digits.map((one) => JSON.stringify(one))).size).toBe(1)

  await eva?.must('group', 'remove', 'Road trip', 'gus')
  await eva?.must('send', '#Road trip', 'without gus')
  expect(await gus?.run('send', 'road trip', 'still here?')).toMatchObject({ code: 1 })
  expect(await gus?.texts('road trip')).toEqual(['hi all'])

  expect(await eva?.run('group', 'leave', 'Road trip')).toMatchObject({
    code: 1,
    err: expect.stringContaining('--successor'),
  })
  await eva?.must('group', 'promote', 'Road trip', 'fay')
  await eva?.must('group', 'leave', 'Road trip', '--successor', 'fay')
  await fay?.must('send', 'road trip', 'after eva')
  expect((await fay?.must('group', 'members', 'Road trip', '--json'))?.objects).toEqual([
    { type: 'member', username: 'fay', role: 'owner', silent: false },
  ])
  const lines = (await fay?.must('history', 'road trip'))?.out
  expect(lines?.match(/named this group/g)).toHaveLength(1)
  for (const line of [
    'Invited by eva',
    'eva named this group Road trip',
    'eva removed gus',
    'eva made you an admin',
    'You own this group now',
    'eva left',
  ])
    expect(lines).toContain(line)
  expect(await eva?.texts('road trip')).not.toContain('after eva')
  expect((await eva?.must('group', 'list', '--json'))?.objects).toMatchObject([{ name: 'Road trip', status: 'left' }])
})

test('a person who left a group is added again, and adding a present member changes nothing and says so', async () => {
  const [roy, sue] = await people('roy', 'sue')
  await roy?.must('group', 'create', 'Duo', 'sue')
  expect(await roy?.run('group', 'add', 'Duo', 'sue')).toMatchObject({ code: 0, out: '#Duo: sue is in it already\n' })
  await sue?.must('group', 'leave', 'Duo')
  expect(await roy?.run('group', 'add', 'Duo', 'sue')).toMatchObject({ code: 0, out: '#Duo: added sue\n' })
  await roy?.must('send', 'Duo', 'back again')
  expect(await sue?.texts('Duo')).toEqual(['back again'])
  const lines = (await roy?.must('history', 'Duo'))?.out
  for (const line of ['sue left', 'You added sue']) expect(lines).toContain(line)
})

test('a name of a user and a group is rejected with both exact names, and an unknown one is named', async () => {
  const [hal] = await people('hal', 'ivy')
  await hal?.must('group', 'create', 'ivy')
  const both = await hal?.run('send', 'ivy', 'secret')
  expect(both).toMatchObject({ code: 64, err: expect.stringMatching(/@ivy.*#ivy/) })
  await hal?.must('send', '@ivy', 'to her')
  await hal?.must('send', '#ivy', 'to the group')
  expect(await hal?.texts('@ivy')).toEqual(['to her'])
  expect(await hal?.texts('#ivy')).toEqual(['to the group'])
  expect(await hal?.run('send', '@nobody-here', 'x')).toMatchObject({
    code: 1,
    err: expect.stringContaining('nobody-here'),
  })
})

test('a picture arrives without metadata and with the bytes that were sent', async () => {
  const [jan, kim] = await people('jan', 'kim')
  const picture = join(jan?.folder ?? '', 'cat.jpeg')
  const red = { create: { width: 64, height: 48, channels: 3, background: 'red' } } as const
  await sharp(red)
    .withExif({ IFD0: { Copyright: 'TAKEN-AT-HOME' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(picture)
  expect(readFileSync(picture).includes('TAKEN-AT-HOME')).toBe(true)

  const sent = await jan?.must('send', 'kim', '--image', picture, '--caption', 'my cat', '--json')
  const id = String(sent?.objects[0]?.id)
  const shown = (await kim?.must('history', 'jan', '--json'))?.objects.at(-1)
  expect(shown).toMatchObject({ type: 'message', kind: 'image', id, caption: 'my cat' })
  expect(shown?.file).toEqual({ name: 'cat.jpeg', size: expect.any(Number), mime: 'image/jpeg', width: 48, height: 64 })

  const hers = (await jan?.must('save', id, 'own', '--json'))?.objects[0]
  const theirs = (await kim?.must('save', id, '--json'))?.objects[0]
  const bytes = readFileSync(String(theirs?.path))
  expect(bytes.equals(readFileSync(String(hers?.path)))).toBe(true)
  expect(bytes.includes('TAKEN-AT-HOME')).toBe(false)
  expect(shown?.file).toMatchObject({ size: bytes.length })
  expect((await kim?.must('save', id, '--json'))?.objects[0]?.path).toBe(join(kim?.folder ?? '', 'cat (1).jpeg'))

  const whole = await jan?.must('send', 'kim', '--image', picture, '--original', '--json')
  const path = (await kim?.must('history', 'jan')) && (await kim?.must('save', String(whole?.objects[0]?.id), '--json'))
  expect(readFileSync(String(path?.objects[0]?.path)).equals(readFileSync(picture))).toBe(true)
})

test('a second machine needs only name and password, and receives the messages from then on', async () => {
  const [leo, mia] = await people('leo', 'mia')
  await leo?.must('group', 'create', 'club', 'mia')
  await leo?.must('send', 'mia', 'before')
  const second = new Machine(stack.url)
  expect(await second.runWith({ FASTCHAT_PASSWORD: 'not her password' }, 'login', 'mia')).toMatchObject({
    code: 1,
    err: 'Wrong username or password. Check both, then try again\n',
  })
  await second.must('login', 'mia')
  await leo?.must('send', 'mia', 'after')
  await leo?.must('send', 'club', 'to the club')
  expect(await second.texts('leo')).toEqual(['after'])
  expect(await second.texts('club')).toEqual(['to the club'])
  expect(await mia?.texts('leo')).toEqual(['before', 'after'])
  await second.must('send', 'leo', 'from the second')
  expect(await mia?.texts('leo')).toEqual(['before', 'after', 'from the second'])
})

test('other users cannot read the keys, and after a logout only the password opens them', async () => {
  const machine = new Machine(stack.url)
  const umask = process.umask(0)
  try {
    await machine.must('signup', 'nell')
  } finally {
    process.umask(umask)
  }
  const modes = (folder: string) => readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)
  expect(statSync(machine.home).mode & 0o777).toBe(0o700)
  expect(new Set(modes(machine.home))).toEqual(new Set([0o600]))
  const { objects } = await machine.must('whoami', '--json')
  await machine.must('group', 'create', 'kept')
  await machine.must('send', 'kept', 'still here')
  const key = readFileSync(join(machine.home, 'store.key'))

  await machine.must('logout')
  for (const name of readdirSync(machine.home)) {
    expect([name, readFileSync(join(machine.home, name)).includes(key)]).toEqual([name, false])
  }
  expect(await machine.run('history', 'kept')).toMatchObject({
    code: 1,
    err: expect.stringContaining('fastchat login'),
  })
  expect(await machine.run('signup', 'other')).toMatchObject({ code: 1 })
  await Machine.of(stack.url, 'olga')
  expect(await machine.run('login', 'olga')).toMatchObject({ code: 1 })
  await machine.must('login', 'nell')
  expect((await machine.must('whoami', '--json')).objects).toEqual(objects)
  expect(await machine.texts('kept')).toEqual(['still here'])
})

test('a home works with its server in any spelling, and sends nothing to another server', async () => {
  const machine = await Machine.of(stack.url, 'homer')
  const spelled = stack.url.replace('http://localhost', 'HTTP://LocalHost')
  expect((await machine.runWith({ FASTCHAT_URL: `${spelled}//` }, 'whoami')).code).toBe(0)
  const asked: string[] = []
  const other = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end()
  })
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo // a TCP server has an address with a port
  const elsewhere = { FASTCHAT_URL: `http://127.0.0.1:${port}` }
  const refused = {
    code: 64,
    err: `This device belongs to ${stack.url}, not to ${elsewhere.FASTCHAT_URL}. Set FASTCHAT_URL to the first, or FASTCHAT_HOME to another folder\n`,
  }
  expect(await machine.runWith(elsewhere, 'whoami')).toMatchObject(refused)
  expect(await machine.runWith(elsewhere, 'logout')).toMatchObject(refused)
  await machine.must('logout')
  // The key made from the password would let that server log in at the first one.
  expect(await machine.runWith(elsewhere, 'login', 'homer')).toMatchObject(refused)
  expect(asked).toEqual([])
  await machine.must('login', 'homer')
  await new Promise((resolve) => other.close(resolve))
})

test('each command warns of plain http to another machine', async () => {
  const { err, code } = await new Machine(stack.url).runWith({ FASTCHAT_URL: 'http://chat.invalid' }, 'whoami')
  const [warning, ...rest] = err.trimEnd().split('\n')
  expect(warning).toBe(
    'Warning: the connection to http://chat.invalid is not encrypted. Anybody on the way can take over your account: use https://',
  )
  expect([code, rest.length]).toEqual([1, 1])
  expect((await new Machine(stack.url).run('whoami')).err).not.toContain('Warning')
})

test('mistakes end with 64 and say what to do, in one line', async () => {
  const cases: [Readonly<Record<string, string | undefined>>, string[], RegExp][] = [
    [{ FASTCHAT_PASSWORD: undefined }, ['signup', 'pat'], /FASTCHAT_PASSWORD/],
    [{ FASTCHAT_PASSWORD: 'short' }, ['signup', 'pat'], /10 characters/],
    [{}, ['signup', 'no spaces'], /username/],
    [{ FASTCHAT_URL: 'ftp://x' }, ['whoami'], /FASTCHAT_URL/],
    [{}, ['frobnicate'], /frobnicate/],
    [{}, ['send'], /--help/],
    [{}, ['tail', '--count', 'many'], /whole number/],
    [{}, ['save', 'not-an-id'], /message id/],
    [{}, ['send', 'bob'], /Nothing to send/],
    [{}, ['send', 'alice', 'hello', 'there'], /fastchat send alice "hello there"/],
    [{}, ['send', 'alice', 'hello', 'my', 'friend', '--no-wait'], /fastchat send alice "hello my friend" --no-wait/],
    [{}, ['send', 'alice', 'x'.repeat(8_001)], /at most 8000 letters, and this one has 8001/],
    [{}, ['history', 'road', 'trip'], /fastchat history "road trip"/],
    [{}, ['tail', 'road', 'trip'], /fastchat tail "road trip"/],
    [{}, ['group', 'leave', 'road', 'trip'], /fastchat group leave "road trip"/],
    [{}, ['group', 'promote', 'road', 'trip', 'bob'], /fastchat group promote "road trip" bob/],
    [{}, ['group', 'create', 'x'.repeat(65)], /1 to 64 letters.*has 65 letters/],
  ]
  await Promise.all(
    cases.map(async ([env, args, words]) => {
      const { code, err } = await new Machine(stack.url).runWith(env, ...args)
      expect([args, code, err]).toEqual([args, 64, expect.stringMatching(words)])
      expect(err.trimEnd().split('\n')).toHaveLength(1)
    }),
  )
  const noDevice = { code: 1, err: expect.stringContaining('fastchat signup NAME') }
  expect(await new Machine(stack.url).run('whoami')).toMatchObject(noDevice)
})

test('each command has a help text with an example', async () => {
  const machine = new Machine(stack.url)
  const { out } = await machine.must('--help')
  const commands = [...out.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, name]) => name ?? '')
  expect(commands).toEqual(
    expect.arrayContaining([
      'signup',
      'login',
      'logout',
      'whoami',
      'users',
      'chats',
      'send',
      'history',
      'save',
      'tail',
    ]),
  )
  // These are the first words of several commands.
  const single = commands.filter((name) => !['group', 'recovery', 'account'].includes(name))
  const helps = await Promise.all(single.map(async (name) => (await machine.must(name, '--help')).out))
  for (const [n, help] of helps.entries()) {
    expect(help).toMatch(/Example:\n {2}.*fastchat/)
    // These commands print no results.
    if (!['api', 'chat', 'completion', 'help'].includes(single[n] ?? '')) expect(help).toContain('--json')
  }
})

test('a signal ends a command with its code, and a killed launcher leaves no process running', async () => {
  const [pia] = await people('pia', 'quinn')
  const asked = pia?.start(['send', '@quinn', '-'])
  asked?.child.stdin?.end('from the standard input\n')
  expect(await asked?.ended).toMatchObject({ code: 0, out: 'sent\n' })
  expect(await pia?.texts('quinn')).toEqual(['from the standard input'])

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const tailing = pia?.start(['tail', '--own', '--json'])
    await pia?.must('send', 'quinn', signal)
    await tailing?.shows(signal)
    tailing?.child.kill(signal)
    // Its output closes only when the process that it started has ended, too.
    expect((await tailing?.ended)?.code).toBe(signal === 'SIGINT' ? 130 : null)
  }
})
