import { ServerError, Unreachable } from '@fastchat/client'
import type { DeviceId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { withEndWords } from './end-words.ts'

const ending = '019ab5e2-7f00-7c3e-8a51-0c8a4f0e9d11' as DeviceId // in the form of ids
const told = (error: Error) => withEndWords(error, { username: 'ann', ending, url: 'http://here' })

test('a login that fails after another device was ended says so, and how to go on', () => {
  const { code, message } = told(new ServerError('internal', 'no'))
  expect(code).toBe('internal')
  expect(message).toContain(`The device ${ending} may have ended already. Log in without --end: fastchat login ann`)
  expect(told(new Unreachable('no answer'))).toMatchObject({
    exitCode: 69,
    message: expect.stringMatching(/no server answers at http:\/\/here.* may have ended already/),
  })
})

test('an unknown device ends nothing, and that is said', () => {
  expect(told(new ServerError('not_found', 'no'))).toMatchObject({
    code: 'unknown_device',
    message: expect.stringContaining('nothing was changed'),
  })
  expect(told(new ServerError('too_many_devices', 'no')).message).not.toContain('may have ended')
})
