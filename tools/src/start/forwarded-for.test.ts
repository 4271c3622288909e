import { expect, test } from 'vitest'
import { forwardedFor } from './forwarded-for.ts'

const from = (remoteAddress: string, said?: string) => ({
  socket: { remoteAddress },
  headers: said === undefined ? {} : { 'x-forwarded-for': said },
})

test('the header of a client is replaced by its address', () => {
  expect(forwardedFor([])(from('127.0.0.1', '9.9.9.9'))).toBe('127.0.0.1')
  expect(forwardedFor(['10.0.0.0/8'])(from('11.0.0.1', '9.9.9.9'))).toBe('11.0.0.1')
  expect(forwardedFor(['127.0.0.1'])(from('127.0.0.2', '9.9.9.9'))).toBe('127.0.0.2')
})

test('the header of a trusted proxy is passed on, with the proxy added', () => {
  expect(forwardedFor(['127.0.0.1'])(from('::ffff:127.0.0.1', '1.2.3.4'))).toBe('1.2.3.4, 127.0.0.1')
  expect(forwardedFor(['10.0.0.0/8', 'fd00::/8'])(from('fd00::2', '9.9.9.9, 1.2.3.4'))).toBe(
    '9.9.9.9, 1.2.3.4, fd00::2',
  )
  expect(forwardedFor(['127.0.0.1'])(from('127.0.0.1'))).toBe('127.0.0.1')
})
