import { readFile } from 'node:fs/promises'
import {
  authOperations,
  chatOperations,
  type Epoch,
  type MessageId,
  type ServerFrame,
  toBase64Url,
} from '@fastchat/schema'
import { decodeJwt, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let alice: Person
let bob: Person
let token: string
let conversation: Awaited<ReturnType<Person['queue']>>['conversation']

beforeAll(async () => {
  stack = await Stack.start()
  alice = await Person.signUp(stack.url, 'alice')
  bob = await Person.signUp(stack.url, 'bob')
  conversation = (await alice.queue(bob, 'hello')).conversation
  await bob.sees('hello')
  await alice.sees('hello')
  // From here on, the tests write the frames of alice's device.
  await alice.offline()
  token = await alice.accessToken()
})
afterAll(() => stack.stop())

/** Returns a new envelope for alice's group. */
async function envelope(): Promise<string> {
  const made = await alice.client.conversation(conversation).group?.encrypt(new TextEncoder().encode('{}'))
  if (!made) throw new Error('alice has no group')
  return toBase64Url(made.envelope)
}

function send(id: MessageId, bytes: string, epoch: number) {
  const groupNo = alice.client.conversation(conversation).group?.groupNo
  if (!groupNo) throw new Error('alice has no group')
  return { t: 'send', id, conversation, groupNo, epoch: epoch as Epoch, envelope: bytes, first: true } as const
}

const epoch = () => alice.client.conversation(conversation).group?.epoch ?? -1

test('the same send through two pods is one message; the same id with other bytes is a conflict', async () => {
  const bytes = await envelope()
  const id = alice.client.newId()
  const one = await RawSocket.hello(stack.pod(0), token)
  const first = await one.ask(send(id, bytes, epoch()))
  expect(first).toMatchObject({ t: 'ok', seq: expect.any(Number) })
  expect(first).not.toHaveProperty('duplicate', true)
  const two = await RawSocket.hello(stack.pod(1), token)
  expect(await two.ask(send(id, bytes, epoch()))).toMatchObject({ t: 'ok', seq: seqOf(first), duplicate: true })
  // The last letter stays, since some of its bits may not count.
  const others = bytes.replace(/.(?=.$)/, (last) => (last === 'A' ? 'B' : 'A'))
  expect(await two.ask(send(id, others, epoch()))).toMatchObject({ code: 'conflict' })
  expect(await one.closed).toMatchObject({ code: 4509 })
  const rows = await stack.sql('select seq, envelope from message where client_id = $1', [id])
  expect(rows).toHaveLength(1)
  two.close()
})

const seqOf = (frame: ServerFrame) => (frame.t === 'ok' ? frame.seq : undefined)

test('a send for another epoch, or with an envelope of another epoch, is refused and changes nothing', async () => {
  const socket = await RawSocket.hello(stack.pod(0), token)
  const [before] = await stack.sql('select last_seq from conversation where pub_id = $1', [conversation])
  const bytes = await envelope()
  expect(await socket.ask(send(alice.client.newId(), bytes, epoch() + 1))).toMatchObject({
    t: 'error',
    code: 'malformed_handshake',
  })
  expect(await socket.ask(send(alice.client.newId(), 'AAAA', epoch()))).toMatchObject({
    t: 'error',
    code: 'malformed_handshake',
  })
  expect(await stack.sql('select last_seq from conversation where pub_id = $1', [conversation])).toEqual([before])
  socket.close()
})

test('after a refusal, later sends are refused until one that says `first`', async () => {
  const socket = await RawSocket.hello(stack.pod(0), token)
  const { first: _, ...bad } = send(alice.client.newId(), 'AAAA', epoch())
  const { first: __, ...good } = send(alice.client.newId(), await envelope(), epoch())
  expect(await socket.ask(bad)).toMatchObject({ code: 'malformed_handshake' })
  expect(await socket.ask(good)).toMatchObject({ code: 'out_of_line' })
  expect(await socket.ask({ ...good, first: true })).toMatchObject({ t: 'ok' })
  socket.close()
})

test.each([
  ['no JSON', 'what?', 4500],
  ['not an object', '[]', 4500],
  ['a frame before hello', '{"t":"ping","id":"1"}', 4500],
  ['hello without a token', '{"t":"hello","id":"1"}', 4500],
  ['a prototype', '{"__proto__":{"t":"hello"},"t":"hello","id":"1"}', 4500],
])('%s as the first frame closes the socket', async (_, text, code) => {
  const socket = await RawSocket.connect(stack.pod(0))
  socket.write(text)
  expect(await socket.closed).toMatchObject({ code })
})

test('a frame of over 64 KiB closes the socket', async () => {
  const socket = await RawSocket.hello(stack.pod(0), token)
  socket.write(JSON.stringify({ t: 'ping', id: 'x'.repeat(70_000) }))
  expect(await socket.closed).toMatchObject({ code: 1009 })
})

test.each([
  ['of an unknown type', '{"t":"frobnicate","id":"1"}', 'unknown_frame'],
  ['malformed', '{"t":"ping"}', 'malformed_frame'],
])('a frame %s is answered with a stable code', async (_, text, code) => {
  const socket = await RawSocket.hello(stack.pod(0), token)
  socket.write(text)
  expect(await socket.until((frame) => frame.t === 'error')).toMatchObject({ code })
  socket.close()
})

test('a stranger sees nothing of a conversation, over a socket or REST', async () => {
  const eve = await Person.signUp(stack.url, 'eve')
  const params = { conversation }
  for (const op of [
    chatOperations.getConversation,
    chatOperations.groupInfo,
    chatOperations.welcome,
    chatOperations.listMessages,
  ]) {
    await expect(eve.client.api.call(op as typeof chatOperations.groupInfo, { params })).rejects.toMatchObject({
      code: 'not_found',
    })
  }
  await eve.offline()
  const socket = await RawSocket.hello(stack.pod(0), await eve.accessToken())
  expect(await socket.ask(send(eve.client.newId(), await envelope(), epoch()))).toMatchObject({ code: 'not_found' })
  expect(await socket.ask({ t: 'fetch', id: 'f', conversation, after: 0 as never })).toMatchObject({
    code: 'not_found',
  })
  socket.close()
})

test('the list of users requires a token of auth', async () => {
  const call = (authorization?: string) =>
    fetch(`${stack.url}${authOperations.searchUsers.path}`, authorization ? { headers: { authorization } } : {})
  for (const forged of [undefined, 'Bearer x', `Bearer ${token.slice(0, -4)}AAAA`]) {
    const answer = await call(forged)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: { code: 'unauthorized' } })
  }
  expect((await call(`Bearer ${token}`)).status).toBe(200)
})

test('tokens that auth did not issue open no socket and change nothing', async () => {
  const { keys } = JSON.parse(await readFile(stack.signingKeysFile, 'utf8')) as { keys: [JWK & { kid: string }] }
  const [{ kid, d: _, ...publicKey }] = keys
  const claims = decodeJwt(token)
  const header = { alg: 'EdDSA', typ: 'at+jwt', kid }
  const sign = async (change: JWTPayload, protect = header) =>
    await new SignJWT({ ...claims, ...change }).setProtectedHeader(protect).sign(await importJWK(keys[0], 'EdDSA'))
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = `${part({ alg: 'none', typ: 'at+jwt', kid })}.${part(claims)}.`
  const byPublicKey = new SignJWT(claims)
    .setProtectedHeader({ ...header, alg: 'HS256' })
    .sign(Buffer.from(String(publicKey.x), 'base64url'))
  const past = Math.floor(Date.now() / 1000) - 3600
  const forged: [string, string, number][] = [
    ['none', unsigned, 4501],
    ['HS256 with the public key', await byPublicKey, 4501],
    ['for another audience', await sign({ aud: 'fastchat-enrol' }), 4501],
    ['by another issuer', await sign({ iss: 'somebody' }), 4501],
    ['of a device that is not there', await sign({ device: alice.client.newId() }), 4501],
    ['expired', await sign({ iat: past, exp: past + 600 }), 4001],
  ]
  for (const [name, bad, code] of forged) {
    const socket = await RawSocket.connect(stack.pod(0))
    socket.write(JSON.stringify({ t: 'hello', id: 'h', token: bad }))
    expect(await socket.closed, name).toMatchObject({ code })
    expect(socket.frames, name).toMatchObject([{ t: 'error', code: code === 4001 ? 'token_expired' : 'unauthorized' }])
  }
})
