import { request } from 'node:http'
import { type Client, downloadFile, newMessageId, uploadFile } from '@fastchat/client'
import { type FileRef, limits } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let alice: Person
let bob: Person
let token: string
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ;[alice, bob] = await Promise.all([Person.signUp(stack.url, 'alice'), Person.signUp(stack.url, 'bob')])
  const mallory = await Person.signUp(stack.url, 'mallory')
  await mallory.offline()
  token = await mallory.accessToken()
})
afterAll(() => stack?.stop())

const patience = { timeoutMs: 60_000, everyMs: 50 }
const stored = () =>
  stack.sql(
    'select a.pub_id, n, octet_length(body) from attachment a join attachment_chunk c on c.attachment_id = a.id order by 1, 2',
  )

/** Starts a PUT whose path is sent unchanged and whose body the test sends in pieces. */
function put(path: string, headers: Record<string, string | number> = {}) {
  const sent = request({
    host: '127.0.0.1',
    port: stack.port('chat-0'),
    method: 'PUT',
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream', ...headers },
  })
  const answer = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
  })
  answer.catch(() => undefined) // a request that is broken off gets no answer
  return { sent, answer }
}

describe('changed bytes are not shown', () => {
  let file: FileRef
  let other: FileRef
  beforeAll(async () => {
    const { id } = await alice.client.openDirect(bob.id)
    const send = async (bytes: Uint8Array) => {
      const ref = await uploadFile(alice.client.api, { bytes, name: 'a.png', mime: 'image/png' })
      const payload = { v: 1, kind: 'image', file: ref, width: 1, height: 1 } as const
      const { outbox } = alice.client.conversation(id)
      const message = newMessageId()
      await outbox.queue(message, payload, [ref.attachment])
      await outbox.whenStored(message)
      return ref
    }
    // Both files have one size, so that only their keys and digests tell them apart.
    file = await send(new Uint8Array(300_000).fill(1))
    other = await send(new Uint8Array(300_000).fill(2))
    await eventually(
      () => expect(bob.shown.filter(({ payload }) => payload?.kind === 'image')).toHaveLength(2),
      patience,
    )
  })

  const read = (by: Client, ref: FileRef) => downloadFile(by.api, ref)
  const keyOf = (ref: FileRef) => `(select id from attachment where pub_id = '${ref.attachment}')`

  test('unchanged bytes are shown', async () => {
    expect(await read(bob.client, file)).toEqual(new Uint8Array(300_000).fill(1))
  })

  test.each([
    [
      'another attachment in its place',
      () => `update attachment_chunk c set body = o.body from attachment_chunk o
        where o.n = c.n and c.attachment_id = ${keyOf(file)} and o.attachment_id = ${keyOf(other)}`,
    ],
    [
      'one bit',
      () =>
        `update attachment_chunk set body = set_byte(body, 9, get_byte(body, 9) # 1) where attachment_id = ${keyOf(file)} and n = 0`,
    ],
    [
      'less, and said to be',
      () => `with cut as (delete from attachment_chunk where attachment_id = ${keyOf(file)} and n = 1 returning octet_length(body) as bytes)
        update attachment a set size = a.size - cut.bytes from cut where a.id = ${keyOf(file)}`,
    ],
  ])('%s', async (_, change) => {
    await stack.sql(change())
    await expect(read(bob.client, file)).rejects.toThrow()
    await expect(read(alice.client, file)).rejects.toThrow()
    expect(await read(bob.client, other)).toEqual(new Uint8Array(300_000).fill(2))
  })
})

test.each([
  '/v1/attachments/../../../etc/passwd',
  '/v1/attachments/..%2f..%2f..%2fetc%2fpasswd',
  '/v1/attachments/%2e%2e%2f%00',
  '/v1/attachments/018f0000-0000-7000-8000-00000000000A',
  '/v1/attachments/018f0000-0000-7000-8000-00000000000a.',
  '/v1/attachments/018f0000-0000-7000-8000-00000000000a/x',
  '/v1/attachments//018f0000-0000-7000-8000-00000000000a',
  `/v1/attachments/${'a'.repeat(10_000)}`,
])('%s is nothing to put anything at', async (path) => {
  const before = await stored()
  const { sent, answer } = put(path)
  sent.end('bytes')
  const { status, body } = await answer
  expect([400, 404, 414, 431]).toContain(status)
  expect(JSON.parse(body)).toMatchObject({ error: { code: expect.any(String) } })
  expect(await stored()).toEqual(before)
})

test('an upload without a length that grows too large leaves nothing', async () => {
  const before = await stored()
  const { sent, answer } = put(`/v1/attachments/${uuidv7()}`)
  const piece = Buffer.alloc(1024 * 1024)
  let isAnswered = false
  const refused = answer.finally(() => {
    isAnswered = true
  })
  refused.catch(() => undefined)
  for (let bytes = 0; bytes < limits.maxAttachmentBytes + 2 * piece.length && !isAnswered; bytes += piece.length)
    await new Promise((resolve) => sent.write(piece, resolve))
  sent.end()
  expect(await refused).toMatchObject({ status: 413, body: expect.stringContaining('attachment_too_large') })
  await eventually(async () => expect(await stored()).toEqual(before), patience)
  // Agents reuse connections: the next request on this one must not wait for bytes that the server
  // does not read.
  const next = put(`/v1/attachments/${uuidv7()}`)
  next.sent.end('bytes')
  expect(await next.answer).toMatchObject({ status: 201 })
})

test('an upload that breaks off leaves nothing and can be repeated', async () => {
  const before = await stored()
  const id = uuidv7()
  const { sent } = put(`/v1/attachments/${id}`, { 'content-length': 1024 * 1024 })
  sent.write(Buffer.alloc(600 * 1024))
  await eventually(async () => expect((await stored()).length).toBe(before.length + 2), patience)
  sent.destroy()
  await eventually(async () => expect(await stored()).toEqual(before), patience)
  const again = put(`/v1/attachments/${id}`, { 'content-length': 5 })
  again.sent.end('whole')
  expect(await again.answer).toMatchObject({ status: 201 })
  expect(await stored()).toContainEqual({ pub_id: id, n: 0, octet_length: 5 })
})
