import type { ConversationId } from '@fastchat/schema'
import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { exportHistory } from './export-history.ts'
import { ZipExport } from './zip-export.ts'

const at = Date.UTC(2026, 0, 2)
// The casts hold because the sink takes any id.
const [trip, twin] = ['c1', 'c2'] as unknown as [ConversationId, ConversationId]
type Line = { readonly seq: number; readonly text: string; readonly file?: { readonly name: string; size: number } }

const source = (lines: readonly Line[]) => ({
  chats: async () => [
    { conversation: trip, name: '../Trip/ä' },
    { conversation: twin, name: '../Trip/ä' },
  ],
  documents: async () => ({ account: { v: 1 } }),
  after: async (id: ConversationId, seq: number) => (id === trip ? lines.filter((line) => line.seq > seq) : []),
  file: async ({ text }: Line) => new TextEncoder().encode(text),
})

async function unzipped(zip: ZipExport): Promise<Record<string, string>> {
  const files = unzipSync(new Uint8Array(await zip.finish().arrayBuffer()))
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]))
}

test('an export is one zip file with every line, file and document, and no name leaves it', async () => {
  const zip = new ZipExport(at)
  const lines = [
    { seq: 1, text: 'hello' },
    { seq: 2, text: 'bytes', file: { name: '/etc/passwd', size: 5 } },
  ]
  await exportHistory(source(lines), zip.sink)
  const files = await unzipped(zip)
  expect(Object.keys(files).toSorted()).toEqual([
    'Trip_ä-c1/files/2-etc_passwd',
    'Trip_ä-c1/messages.jsonl',
    'Trip_ä-c2/messages.jsonl',
    'account.json',
  ])
  expect(files['Trip_ä-c1/files/2-etc_passwd']).toBe('bytes')
  const told = files['Trip_ä-c1/messages.jsonl']?.trim().split('\n') ?? []
  expect(told.map((line) => (JSON.parse(line) as Line).text)).toEqual(['hello', 'bytes'])
})

test('lines of many pieces come out whole', async () => {
  const zip = new ZipExport(at)
  const lines = Array.from({ length: 3_000 }, (_, n) => ({ seq: n + 1, text: `${n} ${'ä'.repeat(100)}` }))
  await exportHistory(source(lines), zip.sink)
  const told = (await unzipped(zip))['Trip_ä-c1/messages.jsonl']?.trim().split('\n') ?? []
  expect(told.map((line) => (JSON.parse(line) as Line).seq)).toEqual(lines.map(({ seq }) => seq))
})

test('an export that one zip file cannot hold is refused with words', async () => {
  const few = new ZipExport(at, { files: 2, bytes: 1e9 })
  await expect(exportHistory(source([]), few.sink)).rejects.toMatchObject({ code: 'too_large' })
  const small = new ZipExport(at, { files: 10, bytes: 50 })
  await expect(exportHistory(source([]), small.sink)).rejects.toMatchObject({ code: 'too_large' })
})
