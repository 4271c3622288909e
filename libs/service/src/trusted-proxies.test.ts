import { expect, test } from 'vitest'
import { buildServer } from './build-server.ts'
import { createLifecycle } from './lifecycle.ts'
import { createLogger } from './logger.ts'
import { trustedProxies } from './trusted-proxies.ts'

test('accepts addresses and ranges, separated by commas', () => {
  expect(trustedProxies('127.0.0.1')).toEqual(['127.0.0.1'])
  expect(trustedProxies('10.0.0.0/8, 192.168.1.1,::1,fd00::/8')).toEqual([
    '10.0.0.0/8',
    '192.168.1.1',
    '::1',
    'fd00::/8',
  ])
})

test.each([
  '',
  'true',
  '1',
  '*',
  'all',
  'loopback',
  'proxy.example',
  '10.0.0',
  '10.0.0.1,',
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/33',
  '10.0.0.0/8/8',
  'fe80::1%eth0',
  '10.0.0.0/x',
])('neither counts, names nor everybody: %j', (text) => expect(trustedProxies(text)).toBeUndefined())

test('the client is the last address that is no trusted proxy', async () => {
  const log = createLogger({ service: 'test', level: 'silent' })
  const life = createLifecycle(log)
  const ipOf = async (trustProxy: string | undefined, forwarded: string) => {
    const { app } = await buildServer({
      name: 'test',
      log,
      life,
      newRequestId: () => '1',
      ready: () => ({ ok: true, checks: {} }),
      ...(trustProxy !== undefined && { trustProxy }),
    })
    app.get('/', (req) => req.ip)
    const headers = { 'x-forwarded-for': forwarded }
    return (await app.inject({ url: '/', headers, remoteAddress: '10.0.0.1' })).body
  }
  await expect(ipOf('true', '1.2.3.4')).rejects.toThrow('TRUST_PROXY must be')
  expect(await ipOf(undefined, '1.2.3.4')).toBe('10.0.0.1')
  expect(await ipOf('10.0.0.2', '1.2.3.4')).toBe('10.0.0.1')
  expect(await ipOf('10.0.0.1', '1.2.3.4')).toBe('1.2.3.4')
  expect(await ipOf('10.0.0.1', '9.9.9.9, 1.2.3.4')).toBe('1.2.3.4')
  expect(await ipOf('10.0.0.0/8', '9.9.9.9, 1.2.3.4, 10.0.0.7')).toBe('1.2.3.4')
  await life.close()
})
