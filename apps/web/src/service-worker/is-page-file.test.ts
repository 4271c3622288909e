import { expect, test } from 'vitest'
import { isPageFile } from './is-page-file.ts'

const origin = 'https://chat.example'
const asked = (path: string, method = 'GET') => isPageFile({ method, url: new URL(path, origin).href }, origin)

test('the service worker answers for files of the page only, never for the server’s operations', () => {
  for (const path of ['/', '/index.html', '/assets/engine-1.js', '/v1x', '/icon.svg#chat=1'])
    expect(asked(path)).toBe(true)
  const others = [
    '/v1',
    '/v1/push',
    '/v1/../v1/pod',
    '/ws/chat-0',
    '/.well-known/jwks.json',
    '/sw.js',
    '/manifest.json',
  ]
  for (const path of others) expect([path, asked(path)]).toEqual([path, false])
  expect(asked('/', 'POST')).toBe(false)
  expect(asked('https://other.example/')).toBe(false)
})
