import type { Check } from '../check.ts'
import { at, equal } from '../expect.ts'
import { call, refused, succeeded } from '../http.ts'

const [first, second] = ['AQID', 'BAUG']

export const accountStateChecks: readonly Check[] = [
  {
    rule: 'the account state is stored version by version, and is not sent to a device that has it',
    async run({ url, account: { token } }) {
      const path = `${url}/v1/account/state`
      const put = (version: number, body: string) => call(path, { method: 'PUT', token, body: { version, body } })
      const shows = async (after: number, version: number, body?: string) => {
        const answer = await call(`${path}?after=${after}`, { token })
        succeeded(answer, 200)
        const shown = [at(answer.body, 'version'), at(answer.body, 'body')]
        equal(shown, [version, body], `version and body after ${after}`)
      }
      await shows(0, 0)
      refused(await put(2, second), 409, 'stale_version')
      succeeded(await put(1, first), 200)
      refused(await put(1, second), 409, 'stale_version')
      await shows(0, 1, first)
      const answer = await put(2, second)
      succeeded(answer, 200)
      equal(at(answer.body, 'version'), 2, 'the version in the answer')
      await shows(1, 2, second)
      await shows(2, 2)
    },
  },
  {
    rule: 'the account state is not shown without a token',
    async run({ url }) {
      refused(await call(`${url}/v1/account/state`), 401, 'unauthorized')
    },
  },
]
