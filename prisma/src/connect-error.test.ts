import { expect, test } from 'vitest'
import { ConnectError, explainConnectError } from './connect-error.ts'

const failure = (message: string, code?: string) => Object.assign(new Error(message), code && { code })

test.each([
  ['the certificate is too old', 'certificate has expired', 'CERT_HAS_EXPIRED', 'not valid at this time'],
  ['or too young', 'certificate is not yet valid', 'CERT_NOT_YET_VALID', 'not valid at this time'],
  ['it signs itself', 'self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'signed by nobody who is trusted'],
  ['a link is missing', 'unable to verify', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'signed by nobody who is trusted'],
])('%s', (_, message, code, words) => {
  const explained = explainConnectError(failure(message, code))
  expect(explained).toBeInstanceOf(ConnectError)
  expect(explained).toMatchObject({ code, message: expect.stringContaining(words) })
})

test.each([
  ['connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'],
  ['the database system is starting up', '57P03'],
  ['timeout expired', undefined],
])('%s is an outage and left as it is', (message, code) => {
  expect(explainConnectError(failure(message, code))).toBeUndefined()
})
