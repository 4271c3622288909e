import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { closeCodes, mayReconnect } from './close-codes.ts'
import { ErrorBodySchema, ErrorCodeSchema, errorCodes, errors, isErrorCode } from './errors.ts'

describe.each(errorCodes)('error %s', (code) => {
  const { status, retry, message } = errors[code]

  test('has an HTTP status that says whether the client or the server failed', () => {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    // Errors of the server and of timing may be retried; a wrong request stays wrong.
    expect(retry).toBe(status >= 500 || status === 429 || status === 408)
  })

  test('has a message for people and a name for programs', () => {
    expect(message).toMatch(/^[A-Z].*[^.]$/)
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(Check(ErrorCodeSchema, code)).toBe(true)
    expect(Check(ErrorBodySchema, { error: { code, message, requestId: 'r-1' } })).toBe(true)
  })
})

test('two messages keep the words of the old FastChat', () => {
  expect(errors.no_services_available.message).toBe(
    'Sorry, No services available: no chat pod is ready. Try again shortly',
  )
  expect(errors.admins_only.message).toBe('Only admins can add or remove participants')
})

test('published codes keep their status', () => {
  expect(Object.fromEntries(errorCodes.map((code) => [code, errors[code].status]))).toMatchObject(known)
})

/** New codes are added here. Entries are never changed or removed. */
const known = {
  bad_request: 400,
  unauthorized: 401,
  token_expired: 401,
  refresh_invalid: 401,
  wrong_credentials: 401,
  forbidden: 403,
  admins_only: 403,
  signup_closed: 403,
  invite_required: 403,
  invite_invalid: 403,
  account_disabled: 403,
  quota_exceeded: 403,
  not_found: 404,
  username_taken: 409,
  device_exists: 409,
  too_many_devices: 409,
  key_packages_full: 409,
  stale_epoch: 409,
  stale_version: 409,
  commit_first: 409,
  conflict: 409,
  out_of_line: 409,
  last_admin: 409,
  admin_present: 409,
  direct_fixed: 409,
  id_expired: 409,
  group_exists: 409,
  too_large: 413,
  attachment_too_large: 413,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  credential_invalid: 422,
  key_package_invalid: 422,
  unlawful_commit: 422,
  malformed_handshake: 422,
  attachment_unknown: 422,
  rate_limited: 429,
  internal: 500,
  busy: 503,
  no_services_available: 503,
  hello_first: 400,
  hello_timeout: 408,
  unknown_frame: 400,
  malformed_frame: 400,
}

test.each(['nope', 'to_string', 'constructor'])(
  '%j is not a known code but fits the schema, so later versions may add it',
  (code) => {
    expect(isErrorCode(code)).toBe(false)
    expect(Check(ErrorCodeSchema, code)).toBe(true)
  },
)

test.each(['toString', '__proto__', ''])('%j is not an error code and does not fit the schema', (code) => {
  expect(isErrorCode(code)).toBe(false)
  expect(Check(ErrorCodeSchema, code)).toBe(false)
})

describe.each(Object.entries(closeCodes))('close code %s', (_, { code, reason, reconnect }) => {
  test('is in the range that says whether to reconnect', () => {
    if (code >= 4000) expect(reconnect).toBe(code < 4500)
    else expect([1000, 1009, 1012]).toContain(code)
    expect(mayReconnect(code)).toBe(reconnect)
  })

  test('fits into a close frame (RFC 6455 §5.5)', () => {
    expect(code).toBeLessThan(5000)
    expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(123)
  })
})

test('no two reasons share a close code', () => {
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
])('unlisted code %i: reconnect is %s', (code, expected) => {
  expect(mayReconnect(code)).toBe(expected)
})
