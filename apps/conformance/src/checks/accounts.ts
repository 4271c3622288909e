import { newcomer, proofOf } from '../account.ts'
import type { Check } from '../check.ts'
import { equal, textAt } from '../expect.ts'
import { call, refused, succeeded } from '../http.ts'

export const accountChecks: readonly Check[] = [
  {
    rule: 'sign-up rejects a name that is taken',
    async run({ url, account, newId }) {
      const { body } = newcomer(newId)
      const answer = await call(`${url}/v1/signup`, { body: { ...body, username: account.username } })
      // The signature is for the other name, so a server may reject that first.
      if (answer.status !== 422) refused(answer, 409, 'username_taken')
      else refused(answer, 422, 'name_invalid')
    },
  },
  {
    rule: 'a wrong password and an unknown name get the same error',
    async run({ url, account, newId }) {
      const wrong = { username: account.username, password: 'guess' }
      const unknown = { username: newcomer(newId).username, password: 'guess' }
      for (const body of [wrong, unknown]) refused(await call(`${url}/v1/login`, { body }), 401, 'wrong_credentials')
    },
  },
  {
    rule: 'a device opens a new session only with a proof of its key',
    async run({ url, account }) {
      const { username, password, identity } = account
      const login = await call(`${url}/v1/login`, { body: { username, password } })
      succeeded(login, 200)
      equal(textAt(login.body, 'user', 'userId'), identity.userId, 'user.userId')
      const token = textAt(login.body, 'enrolToken')
      const path = `${url}/v1/devices/${identity.deviceId}/session`
      refused(await call(path, { token, body: { proof: 'A'.repeat(86) } }), 403, 'forbidden')
      const session = await call(path, { token, body: { proof: proofOf(account, token) } })
      succeeded(session, 200)
      account.token = textAt(session.body, 'tokens', 'accessToken')
      account.refreshToken = textAt(session.body, 'tokens', 'refreshToken')
    },
  },
  {
    rule: 'a refresh token gives new tokens, and the same ones when it is used again at once',
    async run({ url, account }) {
      const body = { refreshToken: account.refreshToken }
      const first = await call(`${url}/v1/token/refresh`, { body })
      succeeded(first, 200)
      const again = await call(`${url}/v1/token/refresh`, { body })
      succeeded(again, 200)
      equal(textAt(again.body, 'refreshToken'), textAt(first.body, 'refreshToken'), 'refreshToken')
      account.token = textAt(first.body, 'accessToken')
      account.refreshToken = textAt(first.body, 'refreshToken')
    },
  },
  {
    rule: 'a made-up refresh token is rejected',
    async run({ url }) {
      refused(await call(`${url}/v1/token/refresh`, { body: { refreshToken: 'nonsense' } }), 401, 'refresh_invalid')
    },
  },
]
