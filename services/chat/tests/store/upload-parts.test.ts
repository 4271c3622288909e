import { limits } from '@fastchat/schema'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createUploadParts } from '../../src/store/upload-parts.ts'
import { openRestPod } from './rest-pod.ts'
import { messageId } from './seed.ts'
import { startGroup, type TestDevice } from './test-device.ts'

const pod = await openRestPod()
afterAll(() => pod.close())
const [ann, ben] = await Promise.all([pod.person(), pod.person()])
beforeAll(() => startGroup(ann, ben))

const step = limits.uploadStepBytes
const file = Buffer.from(Array.from({ length: 3 * step + 17 }, (_, at) => (at * 31 + (at >> 9)) & 255))
const size = file.length

const put = (device: TestDevice, id: string, from: number, to: number, total = size) =>
  device.call('PUT', `/v1/attachments/${id}?offset=${from}&size=${total}`, file.subarray(from, to))
const stateOf = (device: TestDevice, id: string) => device.call('GET', `/v1/attachments/${id}/upload`)
const codeOf = ({ code, status }: { code: string | undefined; status: number }) => code ?? status

describe('an upload in parts', () => {
  test('goes on where it stopped, and is read by recipients as one', async () => {
    const id = messageId()
    expect(await put(ann, id, 0, step)).toMatchObject({ status: 201, body: { size: step } })
    expect(await stateOf(ann, id)).toMatchObject({ body: { received: step, size } })
    expect(codeOf(await ann.call('GET', `/v1/attachments/${id}`))).toBe('not_found')
    expect(await ann.send('too early', [id])).toMatchObject({ code: 'attachment_unknown' })
    expect(await put(ann, id, step, size)).toMatchObject({ status: 201, body: { size } })
    expect(await ann.send('look', [id])).toMatchObject({ ok: true })
    expect((await ben.call('GET', `/v1/attachments/${id}`)).body).toEqual(file)
    // Bound to a message, it is no upload any more.
    expect(codeOf(await stateOf(ann, id))).toBe('not_found')
  })

  test('a repeated part changes nothing, and other bytes in its place are refused', async () => {
    const id = messageId()
    await put(ann, id, 0, 2 * step)
    expect(await put(ann, id, 0, 2 * step)).toMatchObject({ status: 201, body: { size: 2 * step } })
    const other = Buffer.from(file.subarray(0, step))
    other[100]! ^= 1
    const answer = await ann.call('PUT', `/v1/attachments/${id}?offset=0&size=${size}`, other)
    expect(codeOf(answer)).toBe('conflict')
    await put(ann, id, 2 * step, size)
    expect((await ann.call('GET', `/v1/attachments/${id}`)).body).toEqual(file)
  })

  test('has no gaps, no uneven steps, and no bytes beyond its size', async () => {
    const id = messageId()
    expect(codeOf(await put(ann, id, step, 2 * step))).toBe('upload_gap')
    await put(ann, id, 0, step)
    expect(codeOf(await put(ann, id, 2 * step, 3 * step))).toBe('upload_gap')
    expect(codeOf(await put(ann, id, 1, step))).toBe('bad_request')
    expect(codeOf(await put(ann, id, step, step + 5))).toBe('bad_request')
    expect(codeOf(await put(ann, id, 4 * step, size))).toBe('bad_request')
    expect(codeOf(await put(ann, id, step, step))).toBe('bad_request')
    expect(codeOf(await put(ann, id, step, 2 * step, size + 1))).toBe('conflict')
    expect(codeOf(await ann.call('PUT', `/v1/attachments/${id}?offset=0`, file))).toBe('bad_request')
    const tooMuch = Buffer.alloc(size - step + 1)
    expect(codeOf(await ann.call('PUT', `/v1/attachments/${id}?offset=${step}&size=${size}`, tooMuch))).not.toBe(201)
    expect(await stateOf(ann, id)).toMatchObject({ body: { size } })
  })

  test('belongs to its device: another cannot see, continue or replace it', async () => {
    const id = messageId()
    await put(ann, id, 0, step)
    expect(codeOf(await stateOf(ben, id))).toBe('not_found')
    expect(codeOf(await put(ben, id, step, size))).toBe('conflict')
    expect(codeOf(await put(ben, id, 0, step))).toBe('conflict')
    expect(await stateOf(ann, id)).toMatchObject({ body: { received: step } })
  })

  test('keeps its whole steps when a part breaks off', async () => {
    const id = messageId() as never
    const parts = createUploadParts(pod.pool)
    async function* broken() {
      yield file.subarray(0, step + 1000)
      throw new Error('the link broke')
    }
    await expect(parts.put(ann.session, id, { offset: 0, size, body: broken() })).rejects.toThrow('the link broke')
    expect(await parts.state(ann.session, id)).toEqual({ received: step, size })
  })

  test('two requests for the same part store it once', async () => {
    const id = messageId()
    const answers = await Promise.all([put(ann, id, 0, size), put(ann, id, 0, size), put(ann, id, 0, size)])
    // A request that would wait for long is `busy`, and may be repeated.
    for (const answer of answers) expect([201, 'busy']).toContain(codeOf(answer))
    await put(ann, id, 0, size)
    expect((await ann.call('GET', `/v1/attachments/${id}`)).body).toEqual(file)
  })

  test('counts with its whole size towards the limits of a user', async () => {
    const carl = await pod.person()
    const largest = limits.maxAttachmentBytes
    const begun = async () => codeOf(await put(carl, messageId(), 0, step, largest))
    for (let n = 0; n < limits.maxUnsentUploadBytes / largest; n++) expect(await begun()).toBe(201)
    expect(await begun()).toBe('rate_limited')
    const dora = await pod.person()
    await pod.pool.query('update "user" set attachment_quota = $2 where id = $1', [dora.session.user, size - 1])
    expect(codeOf(await put(dora, messageId(), 0, step))).toBe('quota_exceeded')
  })
})

test('a download goes on at any byte', async () => {
  const id = messageId()
  await put(ann, id, 0, size)
  for (const offset of [0, 1, step - 1, step, 2 * step + 5, size - 1, size]) {
    const { body } = await ann.call('GET', `/v1/attachments/${id}?offset=${offset}`)
    expect((body as Buffer).equals(file.subarray(offset))).toBe(true)
  }
  expect(codeOf(await ann.call('GET', `/v1/attachments/${id}?offset=${size + 1}`))).toBe('bad_request')
})
