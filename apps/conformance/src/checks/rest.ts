import { toBase64Url } from '@fastchat/schema'
import type { Check } from '../check.ts'
import { equal, holds } from '../expect.ts'
import { call, refused, succeeded } from '../http.ts'

export const restChecks: readonly Check[] = [
  {
    rule: 'a request without a token or with a false one gets 401',
    async run({ url }) {
      for (const token of [undefined, 'x.y.z']) refused(await call(`${url}/v1/devices`, { token }), 401, 'unauthorized')
    },
  },
  {
    rule: 'an unknown path gets 404, and another method of a known path 405 with Allow',
    async run({ url }) {
      refused(await call(`${url}/v1/users/x/y/z`), 404, 'not_found')
      const answer = await call(`${url}/v1/devices`, { method: 'DELETE' })
      refused(answer, 405, 'method_not_allowed')
      const allowed = (answer.headers.get('allow') ?? '').split(/, */)
      holds(allowed.includes('GET') && allowed.includes('POST'), `Allow lacks GET or POST: ${allowed.join()}`)
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
    rule: 'broken JSON gets 400, another content type 415, and a large body 413',
    async run({ url }) {
      refused(await call(`${url}/v1/login`, { body: '{' }), 400, 'bad_request')
      const headers = { 'content-type': 'text/plain' }
      refused(await call(`${url}/v1/login`, { body: 'x', headers }), 415, 'unsupported_media_type')
      const large = { username: 'x', password: 'x'.repeat(140_000) }
      refused(await call(`${url}/v1/login`, { body: large }), 413, 'too_large')
    },
  },
  {
    rule: 'bytes must be in canonical base64url: no padding, and no set bits after the last byte',
    async run({ url, account }) {
      const path = `${url}/v1/devices/${account.identity.deviceId}/session`
      // This path takes another kind of token, so a server may reject the token first.
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
    rule: 'a conversation of other users is not found',
    async run({ url, newId, account: { token } }) {
      const path = `${url}/v1/conversations/${newId()}`
      for (const part of ['', '/messages', '/group-info', '/group-info/past?groupNo=1&epoch=1'])
        refused(await call(path + part, { token }), 404, 'not_found')
    },
  },
  {
    rule: 'a user is found by name, with the account key of the sign-up',
    async run({ url, account }) {
      const answer = await call(`${url}/v1/users/${account.username}`, { token: account.token })
      succeeded(answer, 200)
      const { userId, accountKey } = account.identity
      const wanted = { userId, accountKey: toBase64Url(accountKey) }
      // The next line compares both values.
      const { userId: foundId, accountKey: foundKey } = answer.body as Record<string, unknown>
      equal({ userId: foundId, accountKey: foundKey }, wanted, 'the user')
    },
  },
]
