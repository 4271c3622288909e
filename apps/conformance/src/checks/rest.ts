import type { Check } from '../check.ts'
import { equal, holds } from '../expect.ts'
import { call, refused, succeeded } from '../http.ts'
import { uuid7 } from '../uuid7.ts'

export const restChecks: readonly Check[] = [
  {
    rule: 'without a token, and with a false one, the answer is 401',
    async run({ url }) {
      for (const token of [undefined, 'x.y.z']) refused(await call(`${url}/v1/devices`, { token }), 401, 'unauthorized')
    },
  },
  {
    rule: 'a path that is not there is 404, another method of a known one 405 with Allow',
    async run({ url }) {
      refused(await call(`${url}/v1/users/x/y/z`), 404, 'not_found')
      const answer = await call(`${url}/v1/devices`, { method: 'DELETE' })
      refused(answer, 405, 'method_not_allowed')
      const allowed = (answer.headers.get('allow') ?? '').split(/, */)
      holds(allowed.includes('GET') && allowed.includes('POST'), `Allow has not GET and POST: ${allowed.join()}`)
    },
  },
  {
    rule: 'an unknown field in a body is rejected',
    async run({ url }) {
      const body = { username: 'x', password: 'x', more: 1 }
      refused(await call(`${url}/v1/login`, { body }), 400, 'bad_request')
    },
  },
  {
    rule: 'broken JSON is 400, another content type 415, a body too large 413',
    async run({ url }) {
      refused(await call(`${url}/v1/login`, { body: '{' }), 400, 'bad_request')
      const headers = { 'content-type': 'text/plain' }
      refused(await call(`${url}/v1/login`, { body: 'x', headers }), 415, 'unsupported_media_type')
      const large = { username: 'x', password: 'x'.repeat(140_000) }
      refused(await call(`${url}/v1/login`, { body: large }), 413, 'too_large')
    },
  },
  {
    rule: 'bytes are base64url in the canonical form: no padding, no bits that stand for nothing',
    async run({ url, account }) {
      const path = `${url}/v1/devices/${account.identity.deviceId}/session`
      // Whoever looks at the token first says so.
      for (const proof of [`${'A'.repeat(85)}B`, `${'A'.repeat(86)}==`]) {
        const { status } = await call(path, { token: account.token, body: { proof } })
        holds(status === 400 || status === 401, `status ${status} for ${proof.slice(-4)}`)
      }
      const { body, status } = await call(`${url}/v1/key-packages`, {
        token: account.token,
        body: { keyPackages: ['AB'] },
      })
      refused({ body, status, headers: new Headers() }, 400, 'bad_request')
    },
  },
  {
    rule: 'a conversation of others is not there',
    async run({ url, account: { token } }) {
      const path = `${url}/v1/conversations/${uuid7()}`
      for (const part of ['', '/messages', '/group-info', '/group-info/past?groupNo=1&epoch=1'])
        refused(await call(path + part, { token }), 404, 'not_found')
    },
  },
  {
    rule: 'a user is found by name, with the key that was given at sign-up',
    async run({ url, account }) {
      const answer = await call(`${url}/v1/users/${account.username}`, { token: account.token })
      succeeded(answer, 200)
      const { userId, accountKey } = account.identity
      const wanted = { userId, accountKey: Buffer.from(accountKey).toString('base64url') }
      const { userId: foundId, accountKey: foundKey } = answer.body as Record<string, unknown> // compared below
      equal({ userId: foundId, accountKey: foundKey }, wanted, 'the user')
    },
  },
]
