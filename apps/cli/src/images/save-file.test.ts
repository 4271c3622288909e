import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { safeFileName } from './safe-file-name.ts'
import { saveFile } from './save-file.ts'

const bytes = new TextEncoder().encode('picture')
const newFolder = () => mkdtemp(join(tmpdir(), 'fastchat-save-'))

test('saving replaces no other file', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'cat.png'), 'mine')
  expect(await saveFile(folder, 'cat.png', bytes)).toBe(join(folder, 'cat (1).png'))
  expect(await saveFile(folder, 'cat.png', bytes)).toBe(join(folder, 'cat (2).png'))
  expect(await readFile(join(folder, 'cat.png'), 'utf8')).toBe('mine')
})

test('a sender cannot choose the folder of a saved file', async () => {
  const folder = await newFolder()
  for (const name of [
    '../../up.png',
    '/etc/passwd',
    'C:\\evil.png',
    '.bashrc',
    '..',
    '',
    '-rf',
    'a\u0000b\u001b.png',
    'tail.',
  ]) {
    const path = await saveFile(folder, name, bytes)
    expect(path.startsWith(`${folder}/`)).toBe(true)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must be gone.
    expect(path.slice(folder.length + 1)).toMatch(/^[^/\\.\u0000-\u001f-][^/\\\u0000-\u001f]*$/)
  }
  expect(await readdir(folder)).toHaveLength(9)
})

test.each([
  ['invoice\u202Efdp.exe', 'invoice_fdp.exe'],
  ['a\u061Cb\u200Bc\uFEFF.txt', 'a_b_c_.txt'],
  ['con', '_con'],
  ['NUL.txt', '_NUL.txt'],
  ['com1.tar.gz', '_com1.tar.gz'],
  ['console.log', 'console.log'],
  ['report (final).pdf', 'report (final).pdf'],
])('the name %j becomes %j', (sent, shown) => {
  const { stem, extension } = safeFileName(sent)
  expect(stem + extension).toBe(shown)
})

test('a file that breaks off leaves nothing, and a whole one cannot be executed', async () => {
  const folder = await newFolder()
  async function* broken() {
    yield bytes
    throw new Error('the link broke')
  }
  await expect(saveFile(folder, 'a.sh', broken())).rejects.toMatchObject({ code: 'cannot_save' })
  expect(await readdir(folder)).toEqual([])
  const path = await saveFile(folder, 'a.sh', bytes)
  expect((await stat(path)).mode & 0o111).toBe(0)
  expect(await readdir(folder)).toEqual(['a.sh'])
})

test('a long name is cut to fit the file system', () => {
  const { stem, extension } = safeFileName(`${'ü'.repeat(300)}.jpeg`)
  expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(200)
  expect(extension).toBe('.jpeg')
})

test('a folder that cannot be written to is an error', async () => {
  const file = join(await newFolder(), 'file')
  await writeFile(file, '')
  await expect(saveFile(join(file, 'below'), 'a.png', bytes)).rejects.toMatchObject({ code: 'cannot_save' })
})
