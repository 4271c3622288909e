import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { differencesOf, type PageAnswer, pathsOf } from './check-page.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const csp = "default-src 'none'"
const manifest = {
  sources: 'x',
  headers: { 'content-security-policy': csp, 'x-content-type-options': 'nosniff' },
  files: { 'index.html': hashOf('<p>'), 'assets/a.js': hashOf('1') },
}
const answer = (text: string, type: string, more: Partial<PageAnswer> = {}, headers = {}): PageAnswer => ({
  ...{ status: 200, body: Buffer.from(text), ...more },
  headers: { ...manifest.headers, 'content-type': type, ...headers },
})
const script = (text: string, headers = {}) => answer(text, 'text/javascript', {}, headers)

test('the files and headers of the release have no differences', () => {
  expect(differencesOf(manifest, '/', answer('<p>', 'text/html; charset=utf-8'))).toEqual([])
  expect(differencesOf(manifest, '/assets/a.js', script('1'))).toEqual([])
  expect(differencesOf(manifest, '/sw.js', answer('', 'text/plain', { status: 404 }))).toEqual([])
})

test.each([
  ['another script', '/assets/a.js', script('2'), { what: 'file' }],
  ['a missing script', '/assets/a.js', answer('', 'text/plain', { status: 404 }), { what: 'status' }],
  ['a redirect', '/', answer('', 'text/html', { status: 302 }), { what: 'status' }],
  [
    'a weaker policy',
    '/',
    answer('<p>', 'text/html', {}, { 'content-security-policy': 'default-src *' }),
    { what: 'header' },
  ],
  [
    'a second policy',
    '/',
    answer('<p>', 'text/html', {}, { 'content-security-policy': `${csp}, x` }),
    { what: 'header' },
  ],
  ['a script as a page', '/assets/a.js', answer('1', 'text/html'), { header: 'content-type' }],
  [
    'a header that loads more',
    '/',
    answer('<p>', 'text/html', {}, { link: '</x.js>; rel=modulepreload' }),
    { header: 'link' },
  ],
  [
    'a header that leads away',
    '/',
    answer('<p>', 'text/html', {}, { refresh: '0;url=https://x.example' }),
    { header: 'refresh' },
  ],
  ['a cookie', '/', answer('<p>', 'text/html', {}, { 'set-cookie': 'a=b' }), { header: 'set-cookie' }],
  ['a service worker', '/sw.js', script('evil'), { what: 'file', expected: 'no file' }],
] as const)('%s is a difference', (_, path, given, expected) => {
  expect(differencesOf(manifest, path, given)).toEqual([expect.objectContaining(expected)])
})

test('each check asks for all files, and for the place of a service worker, in an order by chance', () => {
  const draws = [0.5, 0.1, 0.9, 0.3]
  expect(pathsOf(manifest, () => draws.shift() ?? 0)).toEqual(['/index.html', '/sw.js', '/', '/assets/a.js'])
})
