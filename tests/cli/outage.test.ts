import { afterAll, beforeAll, expect, test } from 'vitest'
import { FaultProxy } from '../support/fault-proxy.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'first')
  await ben.must('history', 'ann')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/** What happened, and what to do. */
const noServer = (url: string) =>
  `Sorry, No services available: no server answers at ${url}. Start one with npm start, or set FASTCHAT_URL to another; --offline shows what is here\n`
const noPod = () =>
  `Sorry, No services available: the server answers, and has no chat pod ready. Its address is ${stack.url}. Try again shortly; --offline shows what is here\n`

test('without a pod: it says so, with 69; what is here can still be read', async () => {
  await stack.end('chat-0')
  try {
    for (const command of [['history', 'ben'], ['chats'], ['group', 'create', 'x', 'ben'], ['group', 'members', 'x']]) {
      expect([command, await ann.run(...command)]).toEqual([
        command,
        expect.objectContaining({ code: 69, err: noPod() }),
      ])
    }
    const { out } = await ann.run('chats', '--json')
    expect(JSON.parse(out)).toEqual({ type: 'error', code: 'no_services_available', message: noPod().trim() })
    expect((await ann.must('history', 'ben', '--offline')).out).toContain('ann: first')
  } finally {
    await stack.bringUp('chat-0')
  }
})

test('a send that waits goes on by itself when a pod comes back', async () => {
  await stack.end('chat-0')
  const sending = ann.start(['send', 'ben', 'patience', '--json'])
  await sending.shows('Sorry, No services available: ')
  await sending.shows('"queued"')
  await stack.bringUp('chat-0')
  const { code, objects } = await sending.ended
  expect(code).toBe(0)
  expect(objects.map(({ type }) => type)).toEqual(['queued', 'sent'])
  expect(objects[0]?.id).toBe(objects[1]?.id)
  expect(await ben.texts('ann')).toContain('patience')
})

test('what was queued goes out, once and in order, with the next command that connects', async () => {
  await stack.end('chat-0')
  const one = await ann.run('send', 'ben', 'queued one', '--no-wait')
  expect(one).toMatchObject({ code: 0, out: 'queued\n' })
  expect((await ann.run('send', 'ben', 'queued two', '--no-wait', '--json')).objects).toMatchObject([
    { type: 'queued' },
  ])
  expect(await ann.run('send', 'ben', 'queued three', '--for', '1')).toMatchObject({ code: 69 })
  expect((await ann.must('chats', '--offline', '--json')).objects).toMatchObject([{ name: 'ben', queued: 3 }])
  await stack.bringUp('chat-0')
  await ann.must('send', 'ben', 'at last')
  const texts = await ben.texts('ann')
  expect(texts.slice(texts.indexOf('queued one'))).toEqual(['queued one', 'queued two', 'queued three', 'at last'])
})

test('tail says when it tries again, and shows what came meanwhile', async () => {
  const tailing = ben.start(['tail', 'ann', '--count', '1'])
  await stack.end('chat-0')
  await tailing.shows('. Retrying in ')
  await stack.bringUp('chat-0')
  await ann.must('send', 'ben', 'back again')
  const { code, out } = await tailing.ended
  expect(code).toBe(0)
  expect(out).toContain('ann: back again')
})

test('without any server at all the address is named', async () => {
  for (const command of [
    ['signup', 'new'],
    ['login', 'ann'],
  ]) {
    expect(await new Machine('http://127.0.0.1:1').run(...command)).toMatchObject({
      code: 69,
      err: noServer('http://127.0.0.1:1'),
    })
  }
  const way = await FaultProxy.open(Number(new URL(stack.url).port))
  const cid = await Machine.of(`http://127.0.0.1:${way.port}`, 'cid')
  await way.close()
  expect(await cid.run('users')).toMatchObject({ code: 69, err: noServer(`http://127.0.0.1:${way.port}`) })
  expect(await cid.run('tail', '--for', '1')).toMatchObject({ code: 69 })
  expect(await cid.run('send', '@stranger', 'x', '--no-wait')).toMatchObject({
    code: 69,
    err: noServer(`http://127.0.0.1:${way.port}`),
  })
})

test('on a session that has ended, a send says so and ends; the message goes out after the next login', async () => {
  const dan = await Machine.of(stack.url, 'dan')
  await dan.must('send', 'ann', 'before')
  await stack.sql(
    `update refresh_token set revoked_at = now() from device d join "user" u on u.id = d.user_id
     where refresh_token.device_id = d.id and u.username = 'dan'`,
  )
  const { code, err } = await dan.run('send', 'ann', 'for later')
  expect(code).toBe(1)
  expect(err).toContain('The session has ended: run fastchat login NAME')
  expect(err).toContain('stays queued')
  const json = await dan.run('send', 'ann', 'and this', '--json')
  expect(json).toMatchObject({ code: 1 })
  expect(json.objects.at(-1)).toMatchObject({ type: 'error', code: 'session_ended' })
  await dan.must('login', 'dan')
  await dan.must('send', 'ann', 'at last')
  expect(await ann.texts('dan')).toEqual(['before', 'for later', 'and this', 'at last'])
})
