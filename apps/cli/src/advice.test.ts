import { errorCodes } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { adviceCodes, adviceOn } from './advice.ts'

const refusal = { message: 'The server said so', details: {}, retryMs: undefined }

test('every error code of the contract has words, and no code is shown to people', () => {
  expect(errorCodes.filter((code) => !adviceCodes.includes(code))).toEqual([])
  for (const code of errorCodes) {
    const words = adviceOn(code, refusal)
    expect({ code, words }).toEqual({ code, words: expect.stringMatching(/^[A-Z][^.]+/) })
    expect(words).not.toMatch(/[a-z]_[a-z]/)
  }
})

test('a code that this version does not know is told in the words of the server', () => {
  expect(adviceOn('newer_than_this', refusal)).toBe('The server said so')
  expect(adviceOn('constructor', refusal)).toBe('The server said so')
})

test('a rate limit is told with the limit, where the server names it, and with the time to wait', () => {
  const limited = (details: object, retryMs?: number) =>
    adviceOn('rate_limited', { ...refusal, details: { ...details }, retryMs })
  expect(limited({}, 4_200)).toBe('Too many requests in a short time. Nothing was done. Try again in 5 s')
  expect(limited({ limit: 'keyPackageClaimsPerDay', max: 77 }, 5 * 3_600_000)).toBe(
    'A limit of this server is reached: at most 77 people may be added to groups within a day. Nothing was done. Try again in 5 hours',
  )
  expect(limited({ limit: 'toString' })).toContain('Too many requests in a short time')
})
