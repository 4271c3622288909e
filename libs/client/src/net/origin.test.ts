import { expect, test } from 'vitest'
import { anyPodUrl, isSameServer, isUnencrypted, ownCandidates } from './origin.ts'

const of = (baseUrl: string, ...candidates: string[]) => ownCandidates(baseUrl, candidates)

test('a path is at the server, whatever it contains', () => {
  const paths = ['/ws/chat-1', '//evil.example/ws', '/\\evil.example/ws', '/@evil.example/', '/../ws/chat-1']
  const { urls, foreign } = of('https://chat.example', ...paths.slice(0, 4))
  expect(urls.map((url) => new URL(url).host)).toEqual(Array(4).fill('chat.example'))
  expect(urls[0]).toBe('wss://chat.example/ws/chat-1')
  expect(foreign).toEqual([])
  expect(of('https://chat.example', paths[4]!).urls).toEqual(['wss://chat.example/ws/chat-1'])
})

test('a path is below the path of the base URL, as for REST calls', () => {
  expect(of('http://host:8080/chat/', '/ws/chat-1').urls).toEqual(['ws://host:8080/chat/ws/chat-1'])
  expect(anyPodUrl('http://host:8080/chat/')).toBe('ws://host:8080/chat/ws')
  expect(anyPodUrl('HTTPS://Chat.Example:443')).toBe('wss://chat.example/ws')
})

test.each([
  'wss://evil.example/ws',
  'wss://chat.example.evil.example/ws',
  'wss://chat.example@evil.example/ws',
  'wss://me@chat.example/ws',
  'wss://chat.example:8443/ws',
  'ws://chat.example/ws',
  'https://chat.example/ws',
  'http://chat.example/ws',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'chat-1',
  '',
])('%j is not at https://chat.example', (candidate) => {
  expect(of('https://chat.example', candidate)).toEqual({ urls: [], foreign: [expect.any(String)] })
})

test('a whole URL at the same host and port is at the server, in any spelling', () => {
  for (const url of ['wss://chat.example/ws/a', 'WSS://Chat.Example:443/ws/a'])
    expect(of('https://chat.example', url).urls).toEqual(['wss://chat.example/ws/a'])
  expect(of('http://127.0.0.1:8080', 'ws://127.0.0.1:8080/ws?x=1#y').urls).toEqual(['ws://127.0.0.1:8080/ws?x=1'])
  expect(of('http://127.0.0.1:8080', 'wss://127.0.0.1:8080/ws').foreign).toEqual(['127.0.0.1:8080'])
})

test('a long list is cut', () => {
  const { urls, foreign } = of('http://host', ...Array(1_000).fill('/ws/a'), 'ws://evil')
  expect(urls.length + foreign.length).toBe(4)
})

test('another spelling is the same server, and another host, port, scheme or path is not', () => {
  for (const same of ['https://chat.example/', 'HTTPS://Chat.EXAMPLE', 'https://chat.example:443//'])
    expect(isSameServer('https://chat.example', same)).toBe(true)
  for (const other of [
    'http://chat.example',
    'https://chat.example:444',
    'https://chat.example/b',
    'https://a.example',
  ])
    expect(isSameServer('https://chat.example', other)).toBe(false)
  expect(() => isSameServer('ftp://x', 'ftp://x')).toThrow(TypeError)
})

test('plain http is unencrypted unless it stays on this machine', () => {
  for (const url of [
    'http://chat.example',
    'http://192.168.1.2:8080',
    'http://localhost.example',
    'http://127.0.0.1.example',
  ])
    expect(isUnencrypted(url)).toBe(true)
  for (const url of [
    'https://chat.example',
    'http://localhost:8080',
    'http://127.0.0.2',
    'http://[::1]:80',
    'http://0x7f.1',
  ])
    expect(isUnencrypted(url)).toBe(false)
})
