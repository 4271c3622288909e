import { expect, test } from 'vitest'
import { readStartConfig } from './start-config.ts'

test('proxies are given as addresses or ranges, and other values are rejected', () => {
  expect(readStartConfig({}).trustProxy).toEqual([])
  expect(readStartConfig({ TRUST_PROXY: '127.0.0.1,10.0.0.0/8' }).trustProxy).toEqual(['127.0.0.1', '10.0.0.0/8'])
  for (const text of ['true', '1', '0.0.0.0/0'])
    expect(() => readStartConfig({ TRUST_PROXY: text })).toThrow('TRUST_PROXY must be addresses')
})
