import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as ask } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { errors } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixedHeaders, webHeaders } from '../build/web-headers.ts'
import { openPageServer, type PageServer } from './open-page-server.ts'
import { readPageFiles } from './read-page-files.ts'

const index = '<!doctype html><title>FastChat</title>'
const script = 'console.log("a script that is long enough to shrink, shrink, shrink, shrink, shrink")'
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

let folder: string
let server: PageServer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-page-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), index)
  await writeFile(join(folder, 'assets/a.js'), script)
  await writeFile(join(folder, 'assets/a.js.br'), brotliCompressSync(script))
  await writeFile(join(folder, 'secret.txt'), 'not in the manifest')
  await writeManifest({ 'index.html': hashOf(index), 'assets/a.js': hashOf(script) })
  server = await openPageServer(readPageFiles(folder), { host: '127.0.0.1', port: 0, adminPort: 0 })
})
afterAll(async () => {
  await server?.close()
  await rm(folder, { recursive: true, force: true })
})

const writeManifest = (files: Record<string, string>) =>
  writeFile(join(folder, 'manifest.json'), JSON.stringify({ sources: 'x', headers: fixedHeaders(), files }))
const at = (path: string) => `http://127.0.0.1:${server.port}${path}`

/** Sends a path as it is written; fetch would remove dots from it. */
function statusOf(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = ask({ host: '127.0.0.1', port: server.port, path }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject).end()
  })
}

test('files come with the headers of the page, compressed where the browser can', async () => {
  for (const [path, name, text] of [
    ['/', '/index.html', index],
    ['/index.html?x=1', '/index.html', index],
    ['/assets/a.js', '/assets/a.js', script],
  ] as const) {
    const answer = await fetch(at(path))
    expect(await answer.text()).toBe(text)
    for (const [header, value] of Object.entries(webHeaders(name))) expect(answer.headers.get(header)).toBe(value)
  }
  const encodingOf = async (accepted: string) => {
    const answer = await fetch(at('/assets/a.js'), { headers: { 'accept-encoding': accepted } })
    return [await answer.text(), answer.headers.get('content-encoding'), answer.headers.get('vary')]
  }
  expect(await encodingOf('gzip, br')).toEqual([script, 'br', 'accept-encoding'])
  expect(await encodingOf('br;q=0')).toEqual([script, null, 'accept-encoding'])
})

test('a browser that has the file gets none again', async () => {
  const first = await fetch(at('/'))
  const etag = first.headers.get('etag') ?? ''
  const again = await fetch(at('/'), { headers: { 'if-none-match': etag } })
  expect([again.status, await again.text()]).toEqual([304, ''])
  const other = await fetch(at('/'), { headers: { 'if-none-match': '"old"' } })
  expect(other.status).toBe(200)
})

test('only files of the manifest are served, by GET and HEAD', async () => {
  for (const path of ['/secret.txt', '/assets/', '/assets/../secret.txt', '/%2e%2e/secret.txt', '//'])
    expect(await statusOf(path), path).toBe(404)
  expect(await (await fetch(at('/nothing'))).json()).toMatchObject({ error: { code: 'not_found' } })
  const posted = await fetch(at('/'), { method: 'POST' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await posted.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
  expect(errors.not_found.status).toBe(404)
  const head = await fetch(at('/'), { method: 'HEAD' })
  expect([head.headers.get('content-length'), await head.text()]).toEqual([String(index.length), ''])
})

test('probes have a port that clients do not reach, and a server that leaves is not ready', async () => {
  const admin = (path: string) => fetch(`http://127.0.0.1:${server.adminPort}${path}`)
  expect([(await admin('/livez')).status, (await admin('/readyz')).status]).toEqual([200, 200])
  expect((await fetch(at('/livez'))).status).toBe(404)
  const leaving = await openPageServer(readPageFiles(folder), { host: '127.0.0.1', port: 0, adminPort: 0 }, 100)
  const drained = fetch(`http://127.0.0.1:${leaving.adminPort}/drain`).catch(() => undefined)
  const ready = await fetch(`http://127.0.0.1:${leaving.adminPort}/readyz`)
  expect(ready.status).toBe(503)
  // Requests that still arrive are answered.
  expect((await fetch(`http://127.0.0.1:${leaving.port}/`)).status).toBe(200)
  expect((await drained)?.status).toBe(200)
  await leaving.close()
})

test('a page that differs from its manifest is not served', async () => {
  await writeManifest({ 'index.html': hashOf('another') })
  expect(() => readPageFiles(folder)).toThrow('differs from the manifest')
  await writeManifest({ 'index.html': hashOf(index), '../secret.txt': hashOf('x') })
  expect(() => readPageFiles(folder)).toThrow('no manifest')
  await writeManifest({ 'assets/a.js': hashOf(script) })
  expect(() => readPageFiles(folder)).toThrow('no index.html')
})
