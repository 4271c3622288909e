import { errorCodes, errors } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { isTemporary, ServerError } from './errors.ts'

test.each(errorCodes)('%s may be retried if its table says so', (code) => {
  expect(new ServerError(code, code).mayRetry).toBe(errors[code].retry)
})

test.each(['of_tomorrow', 'constructor'])(
  '%s, which is not in the table, may be retried if the server names a time',
  (code) => {
    expect(isTemporary(new ServerError(code, code))).toBe(false)
    expect(isTemporary(new ServerError(code, code, {}, 100))).toBe(true)
  },
)
