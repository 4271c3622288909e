import { systemClock } from '@fastchat/clock'
import { ciphertextSize, decryptAttachment } from '@fastchat/crypto'
import { type FileRef, fromBase64Url, limits, type MessageId, type Payload } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AttachmentServer } from '../../testing/attachment-server.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { maxFileBytes } from '../attachments.ts'
import { createRest } from '../net/rest.ts'
import { newConversationId, newMessageId } from '../new-id.ts'
import type { Store } from '../store/store.ts'
import { maxFailedFiles } from './failed-files.ts'
import { blobSource } from './file-source.ts'
import { Files } from './files.ts'
import type { Progress } from './transfer.ts'

const conversation = newConversationId()
const plain = new Uint8Array(Array.from({ length: 1_400_000 }, (_, at) => (at * 31 + (at >> 8)) & 255))
const source = (bytes: Uint8Array<ArrayBuffer> = plain) => blobSource(new Blob([bytes]), 'plan.pdf')
const step = limits.uploadStepBytes

let server: AttachmentServer
let store: Store
let processes: Device[] = []
beforeEach(async () => {
  server = await AttachmentServer.start()
  store = memoryStore()
})
afterEach(async () => {
  for (const one of processes) await one.stop()
  processes = []
  await server.stop()
})

/** A process of one device: its files, and an outbox that records queued messages. */
class Device {
  readonly queued = new Map<MessageId, Payload>()
  readonly failed: { readonly id: MessageId; readonly error: Error }[] = []
  readonly files: Files

  constructor(url: string) {
    const rest = createRest(url)
    const outbox = {
      records: { has: (id: MessageId) => this.queued.has(id) },
      queue: async (id: MessageId, payload: Payload) => void this.queued.set(id, payload),
    }
    this.files = new Files({
      store,
      api: {
        call: (op, input) => rest.call(op, { ...input, token: 't' } as never),
        upload: (path, bytes, signal) => rest.upload(path, 't', bytes, signal),
        stream: (path, maxBytes, signal) => rest.stream(path, 't', maxBytes, signal),
      },
      clock: systemClock,
      random: () => 0.01,
      conversation: () => ({ outbox, record: { status: 'active' } }) as never, // the parts that files use
      progress: () => {},
      failed: ({ id, error }) => void this.failed.push({ id, error }),
      onTrouble: (error) => {
        throw error
      },
    })
    processes.push(this)
  }

  async stop(): Promise<void> {
    await this.files.stop()
  }
}

const fileOf = (device: Device, id: MessageId): FileRef => {
  const payload = device.queued.get(id)
  if (payload?.kind !== 'file') throw new Error('no file was queued')
  return payload.file
}
const openAt = async ({ attachment, key, sha256, size }: FileRef) =>
  await decryptAttachment({
    ciphertext: server.bytesOf(attachment),
    ...{ key: fromBase64Url(key), sha256: fromBase64Url(sha256), size },
  })
async function whole(pieces: AsyncIterable<Uint8Array>) {
  const all = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
const isEmpty = async () => (await store.list('files')).length === 0

test('a file arrives as it was, with progress, and leaves nothing in the store', async () => {
  const device = new Device(server.url)
  const id = newMessageId()
  const seen: Progress[] = []
  await device.files.send(conversation, source(), { id, caption: 'look', onProgress: (at) => seen.push(at) })
  const file = fileOf(device, id)
  expect(device.queued.get(id)).toMatchObject({ kind: 'file', caption: 'look', file: { name: 'plan.pdf' } })
  expect(Buffer.from(plain).equals(await openAt(file))).toBe(true)
  const total = ciphertextSize(plain.length)
  expect(seen.at(-1)).toEqual({ stage: 'uploading', done: total, total })
  expect(new Set(seen.map(({ stage }) => stage))).toEqual(new Set(['encrypting', 'uploading']))
  const { read, discard } = await device.files.download(file)
  expect((await whole(read())).equals(plain)).toBe(true)
  await discard()
  expect(await isEmpty()).toBe(true)
})

test('a file that is too large is refused before a byte of it is read', async () => {
  const device = new Device(server.url)
  const open = () => {
    throw new Error('it was read')
  }
  const tooLarge = { name: 'film.mp4', mime: 'video/mp4', size: maxFileBytes + 1, open }
  const sent = device.files.send(conversation, tooLarge, { id: newMessageId() })
  await expect(sent).rejects.toMatchObject({ code: 'too_large' })
  expect(await isEmpty()).toBe(true)
})

describe('after a break', () => {
  test('an upload goes on where the server has it, with the same bytes', async () => {
    server.breakUploadAfter(step + 1000)
    const device = new Device(server.url)
    const id = newMessageId()
    await device.files.send(conversation, source(), { id })
    expect(Buffer.from(plain).equals(await openAt(fileOf(device, id)))).toBe(true)
    // The server refuses other bytes at a place that it has.
    expect(server.conflicts).toBe(0)
    expect(server.offsets).toEqual([0, step, 2 * step, 4 * step])
  })

  test('the next process goes on, also when the file is gone or another meanwhile', async () => {
    server.breakUploadAfter(step, { andStayDown: true })
    const first = new Device(server.url)
    const id = newMessageId()
    const sending = first.files.send(conversation, source(), { id }).catch((error: unknown) => error)
    await eventually(() => expect(server.refused).toBeGreaterThan(0))
    await first.stop()
    await sending
    expect([first.queued.size, first.failed.length]).toEqual([0, 0])
    server.up()
    const second = new Device(server.url)
    await second.files.connected()
    await second.files.whenQueued(id)
    expect(Buffer.from(plain).equals(await openAt(fileOf(second, id)))).toBe(true)
    expect(server.conflicts).toBe(0)
    expect(await isEmpty()).toBe(true)
    // A third process sends nothing twice.
    const third = new Device(server.url)
    third.queued.set(id, second.queued.get(id)!)
    await third.files.send(conversation, source(), { id })
    expect(await isEmpty()).toBe(true)
  })

  test('an upload that the server has forgotten begins anew, with the same bytes', async () => {
    server.breakUploadAfter(2 * step, { andForget: true })
    const device = new Device(server.url)
    const id = newMessageId()
    await device.files.send(conversation, source(), { id })
    expect(Buffer.from(plain).equals(await openAt(fileOf(device, id)))).toBe(true)
    expect(server.everDifferent).toBe(false)
  })

  test('a download goes on where it stopped, also in the next process', async () => {
    const first = new Device(server.url)
    const id = newMessageId()
    await first.files.send(conversation, source(), { id })
    const file = fileOf(first, id)
    server.breakDownloadsAfter(3 * step, { times: 6 })
    await expect(first.files.download(file)).rejects.toMatchObject({ code: 'unreachable' })
    await first.stop()
    const second = new Device(server.url)
    server.breakDownloadsAfter(0, { times: 0 })
    const { read } = await second.files.download(file)
    expect((await whole(read())).equals(plain)).toBe(true)
    expect(server.downloads.at(-1)).toBeGreaterThanOrEqual(2 * step)
  })
})

describe('cancelling', () => {
  test('by the signal ends an upload and forgets it', async () => {
    server.breakUploadAfter(step, { andStayDown: true })
    const device = new Device(server.url)
    const stop = new AbortController()
    const id = newMessageId()
    const sending = device.files.send(conversation, source(), { id, signal: stop.signal })
    sending.catch(() => {})
    await eventually(() => expect(server.refused).toBeGreaterThan(0))
    stop.abort()
    await expect(sending).rejects.toMatchObject({ code: 'cancelled' })
    expect([await isEmpty(), device.queued.size]).toEqual([true, 0])
    server.up()
    await device.files.connected()
    expect(device.queued.size).toBe(0)
  })

  test('works for a file of a former process, too', async () => {
    server.breakUploadAfter(step, { andStayDown: true })
    const first = new Device(server.url)
    const id = newMessageId()
    void first.files.send(conversation, source(), { id }).catch(() => {})
    await eventually(() => expect(server.refused).toBeGreaterThan(0))
    await first.stop()
    const second = new Device(server.url)
    expect(await second.files.waiting()).toMatchObject([{ id, name: 'plan.pdf', size: plain.length }])
    expect(await second.files.cancel(id)).toBe(true)
    expect(await second.files.cancel(id)).toBe(false)
    expect(await isEmpty()).toBe(true)
  })
})

describe('a file that the server refuses', () => {
  test('stays with its caption, and is sent again with the same bytes', async () => {
    const first = new Device(server.url)
    const id = newMessageId()
    server.refusal = 'quota_exceeded'
    await expect(first.files.send(conversation, source(), { id, caption: 'the plan' })).rejects.toMatchObject({
      code: 'quota_exceeded',
    })
    expect(first.failed).toMatchObject([{ id }])
    await first.stop()
    const second = new Device(server.url)
    await second.files.connected()
    expect(await second.files.waiting()).toEqual([])
    expect(await second.files.failed()).toMatchObject([
      { id, code: 'quota_exceeded', payload: { kind: 'file', caption: 'the plan' } },
    ])
    await expect(second.files.whenQueued(id)).rejects.toMatchObject({ code: 'file_refused' })
    server.refusal = undefined
    expect(await second.files.retry(id)).toBe(true)
    await second.files.whenQueued(id)
    expect(Buffer.from(plain).equals(await openAt(fileOf(second, id)))).toBe(true)
    expect(second.queued.get(id)).toMatchObject({ caption: 'the plan' })
    expect([await isEmpty(), await second.files.retry(id)]).toEqual([true, false])
  })

  test('leaves nothing when it is discarded, and only the latest ones are kept', async () => {
    const device = new Device(server.url)
    server.refusal = 'quota_exceeded'
    const ids: MessageId[] = []
    for (let n = 0; n <= maxFailedFiles; n++) {
      const id = newMessageId()
      ids.push(id)
      await device.files.send(conversation, source(plain.slice(0, 100)), { id }).catch(() => {})
    }
    const kept = (await device.files.failed()).map((one) => one.id)
    expect(kept.toSorted()).toEqual(ids.slice(1).toSorted())
    for (const id of kept) expect(await device.files.discard(id)).toBe(true)
    expect(await isEmpty()).toBe(true)
  })
})

test('a picture goes the same way as a file, with its size and its preview', async () => {
  const device = new Device(server.url)
  const id = newMessageId()
  const picture = { width: 40, height: 30, thumbnail: 'AAAA' }
  await device.files.send(conversation, source(), { id, picture, caption: 'the view' })
  expect(device.queued.get(id)).toMatchObject({ kind: 'image', ...picture, caption: 'the view' })
})

test('three files go out at a time, and the others wait', async () => {
  const device = new Device(server.url)
  let [open, most] = [0, 0]
  const gate = Promise.withResolvers<void>()
  const held = () => ({
    ...source(),
    async *open() {
      most = Math.max(most, ++open)
      await gate.promise
      yield plain
      open--
    },
  })
  const ids = Array.from({ length: 5 }, () => newMessageId())
  const sends = ids.map((id) => device.files.send(conversation, held(), { id }))
  await eventually(() => expect(open).toBe(3))
  gate.resolve()
  await Promise.all(sends)
  expect([most, device.queued.size]).toEqual([3, 5])
})

test('a file that changes while it is read is not sent', async () => {
  const device = new Device(server.url)
  const grown = { ...source(), size: plain.length - 1 }
  await expect(device.files.send(conversation, grown, { id: newMessageId() })).rejects.toMatchObject({
    code: 'file_changed',
  })
  expect([await isEmpty(), server.offsets]).toEqual([true, []])
})

test('a process that ended while it read a file tells so, and sends no half of it', async () => {
  const first = new Device(server.url)
  const id = newMessageId()
  const hanging = { ...source(), open: () => neverEnding() }
  void first.files.send(conversation, hanging, { id, caption: 'see' }).catch(() => {})
  await eventually(async () => expect(await first.files.waiting()).toHaveLength(1))
  const second = new Device(server.url)
  // The first one never ends: it is as if it was killed.
  processes = [second]
  await second.files.connected()
  expect(second.failed).toMatchObject([{ id, error: { code: 'file_interrupted' } }])
  // Its name and its caption are kept until a person has seen them.
  expect(await second.files.failed()).toMatchObject([{ id, code: 'file_interrupted', payload: { caption: 'see' } }])
  await expect(second.files.retry(id)).rejects.toMatchObject({ code: 'file_interrupted' })
  expect(await second.files.discard(id)).toBe(true)
  expect([await isEmpty(), server.offsets]).toEqual([true, []])
})

describe('a server that lies', () => {
  test.each(['changed', 'short', 'long'] as const)('gives %s bytes: nothing of them can be read', async (how) => {
    const device = new Device(server.url)
    const id = newMessageId()
    await device.files.send(conversation, source(), { id })
    server.lie = how
    await expect(device.files.download(fileOf(device, id))).rejects.toMatchObject({
      code: how === 'long' ? 'too_large' : 'file_damaged',
    })
    expect(await isEmpty()).toBe(true)
    server.lie = undefined
    const { read } = await device.files.download(fileOf(device, id))
    expect((await whole(read())).equals(plain)).toBe(true)
  })

  test('says always that an earlier part is missing: the upload ends', async () => {
    server.lie = 'gap'
    const device = new Device(server.url)
    await expect(device.files.send(conversation, source(), { id: newMessageId() })).rejects.toMatchObject({
      code: 'upload_gap',
    })
    expect(await device.files.failed()).toMatchObject([{ code: 'upload_gap' }])
  })
})

async function* neverEnding(): AsyncGenerator<Uint8Array> {
  yield plain.subarray(0, 1000)
  await new Promise(() => {})
}
