import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { closeCodes, mayReconnect } from './close-codes.ts'
import { ErrorBodySchema, ErrorCodeSchema, errorCodes, errors, isErrorCode } from './errors.ts'

describe.each(errorCodes)('error %s', (code) => {
  const { status, retry, message } = errors[code]

  test('has a status of HTTP that says whose fault it is', () => {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    // What is our fault, or a matter of time, may be tried again as it is; what is wrong with a request stays wrong.
    expect(retry).toBe(status >= 500 || status === 429 || status === 408)
  })

  test('has a message for people and a name for programs', () => {
    expect(message).toMatch(/^[A-Z].*[^.]$/)
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(Check(ErrorCodeSchema, code)).toBe(true)
    expect(Check(ErrorBodySchema, { error: { code, message, requestId: 'r-1' } })).toBe(true)
  })
})

test('words that people know from the old FastChat stay', () => {
  expect(errors.no_services_available.message).toBe('No services available')
  expect(errors.admins_only.message).toBe('Only admins can add or remove participants')
})

test.each(['nope', 'toString', '__proto__', ''])('%j is no error code', (code) => {
  expect(isErrorCode(code)).toBe(false)
  expect(Check(ErrorCodeSchema, code)).toBe(false)
})

describe.each(Object.entries(closeCodes))('close code %s', (_, { code, reason, reconnect }) => {
  test('says by its range whether to connect again', () => {
    if (code >= 4000) expect(reconnect).toBe(code < 4500)
    else expect([1000, 1009, 1012]).toContain(code)
    expect(mayReconnect(code)).toBe(reconnect)
  })

  test('fits into a close frame (RFC 6455 §5.5)', () => {
    expect(code).toBeLessThan(5000)
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123)
  })
})

test('no close code stands for two things', () => {
  const codes = Object.values(closeCodes).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
})

test.each([
  [1006, true],
  [1001, true],
  [4000, true],
  [4499, true],
  [4500, false],
  [4999, false],
])('a code %i that is not in the table: connect again is %s', (code, expected) => {
  expect(mayReconnect(code)).toBe(expected)
})
