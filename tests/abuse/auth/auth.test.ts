import { authOperations, type ErrorBody } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Person } from '../../support/person.ts'
import { RawSocket } from '../../support/raw-socket.ts'
import { signUpBody } from '../../support/sign-up-body.ts'
import { Stack } from '../../support/stack.ts'
import { floodLogins, logInFrom } from './flood.ts'
import { forgedTokens } from './forged-tokens.ts'

const patience = { timeoutMs: 60_000, everyMs: 100 }

let stack: Stack
let alice: Person
let bob: Person
let auth: string
let token: string
beforeAll(async () => {
  // A queue that every machine can fill.
  const authEnv = { TRUST_PROXY: '127.0.0.1', HASH_SLOTS: '1', HASH_QUEUE_MS: '1000' }
  stack = await Stack.start({ pods: 1, authEnv })
  auth = `http://127.0.0.1:${stack.port('auth')}`
  alice = await Person.signUp(stack.url, 'alice')
  bob = await Person.signUp(stack.url, 'bob')
  await alice.send(bob, 'before')
  await bob.sees('before')
  const carol = await Person.signUp(stack.url, 'carol')
  await carol.offline()
  token = await carol.accessToken()
})
afterAll(() => stack?.stop())

const loginValue = 'what a plain client sends as password'

test('during a flood of logins people keep talking, and an honest login succeeds, even to the attacked account', async () => {
  const signup = await fetch(auth + authOperations.signup.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(signUpBody('victim', loginValue)),
  })
  expect(signup.status).toBe(201)
  const flood = floodLogins(auth, 'victim')
  for (let n = 0; n < 3; n++) {
    await eventually(async () => {
      const answer = await logInFrom(auth, '198.51.100.7', 'victim', loginValue)
      expect(answer.status, `${answer.code}`).toBe(200)
    }, patience)
    await alice.send(bob, `meanwhile ${n}`)
    await bob.sees(`meanwhile ${n}`)
  }
  const answers = await flood.stop()
  // No guess is right. Every other login is told when to try again.
  const codes = new Set(answers.map(({ code }) => code))
  expect([...codes].filter((code) => !['wrong_credentials', 'rate_limited', 'busy'].includes(String(code)))).toEqual([])
  expect(codes).toContain('busy')
  expect(codes).toContain('rate_limited')
  for (const { code, retryAfter } of answers) if (code !== 'wrong_credentials') expect(retryAfter).toBeGreaterThan(0)
})

describe('tokens', () => {
  test('a token that auth did not issue is refused by every service', async () => {
    const places = ['auth/v1/devices', 'balancer/v1/pod', 'chat-0/v1/conversations']
    for (const [name, forged, code] of await forgedTokens(token, stack.signingKeysFile)) {
      for (const place of places) {
        const [service = '', ...path] = place.split('/')
        const url = `http://127.0.0.1:${stack.port(service)}/${path.join('/')}`
        const answer = await fetch(url, { headers: { authorization: `Bearer ${forged}` } })
        expect
          .soft([answer.status, ((await answer.json()) as ErrorBody).error.code], `${name} at ${place}`)
          .toEqual([401, code])
        expect.soft((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, place).toBe(200)
      }
      if (forged.length > 4_096) continue // a longer token does not fit the contract
      const socket = await RawSocket.connect(stack.pod(0))
      socket.write(JSON.stringify({ t: 'hello', id: 'h', token: forged }))
      expect.soft((await socket.closed).code, name).toBe(code === 'token_expired' ? 4001 : 4501)
      expect.soft(socket.frames, name).toMatchObject([{ t: 'error', code }])
    }
  })

  test('a flood of unknown key ids makes a pod fetch the keys only once in a while', async () => {
    const [unknown] = (await forgedTokens(token, stack.signingKeysFile)).filter(
      ([name]) => name === 'of an unknown key',
    )
    const fetches = async () => {
      const metrics = await (await fetch(`${stack.admin('auth')}/metrics`)).text()
      return Number(/_count\{[^}]*route="\/\.well-known\/jwks\.json"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? Number.NaN)
    }
    const [before, startedAt] = [await fetches(), performance.now()]
    const headers = { authorization: `Bearer ${unknown?.[1]}` }
    for (let n = 0; n < 300; n++) {
      const answer = await fetch(`http://127.0.0.1:${stack.port('chat-0')}/v1/conversations`, { headers })
      expect(answer.status).toBe(401)
    }
    const cooldowns = Math.floor((performance.now() - startedAt) / 30_000)
    expect((await fetches()) - before).toBeLessThanOrEqual(cooldowns + 1)
  })
})

describe('sessions', () => {
  const refresh = async (refreshToken: string) => {
    const answer = await fetch(auth + authOperations.refresh.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refreshToken }),
    })
    const body = (await answer.json()) as { accessToken?: string; refreshToken?: string } & Partial<ErrorBody>
    const { accessToken = '', refreshToken: next = '' } = body
    return { status: answer.status, code: body.error?.code, next, accessToken }
  }

  /**
   * Registers a device of a new account, which never starts, and returns its unused refresh token.
   */
  async function session(name: string): Promise<string> {
    const person = await Person.signUp(stack.url, name)
    await person.offline()
    const saved = await person.store.get('meta', 'session')
    return (JSON.parse(new TextDecoder().decode(saved)) as { refreshToken: string }).refreshToken
  }

  test('a session ended because of a stolen token closes its socket, and its access token is refused', async () => {
    const first = await session('robbed')
    const second = await refresh(first)
    const { accessToken } = await refresh(second.next)
    const socket = await RawSocket.hello(stack.pod(0), accessToken)
    const conversations = async () => {
      const headers = { authorization: `Bearer ${accessToken}` }
      return (await fetch(`http://127.0.0.1:${stack.port('chat-0')}/v1/conversations`, { headers })).status
    }
    expect(await conversations()).toBe(200)
    expect((await refresh(first)).code).toBe('refresh_invalid')
    expect(await conversations()).toBe(401)
    expect(await socket.closed).toMatchObject({ code: 4001 })
    const again = await RawSocket.connect(stack.pod(0))
    again.write(JSON.stringify({ t: 'hello', id: 'h', token: accessToken }))
    expect(await again.closed).toMatchObject({ code: 4501 })
  })

  test('racing refreshes leave one session alive, a refresh whose answer was lost can be repeated, and an older token ends the session', async () => {
    const first = await session('racer')
    const raced = await Promise.all(Array.from({ length: 10 }, () => refresh(first)))
    expect(new Set(raced.map(({ next }) => next)).size).toBe(1)
    const second = raced[0]?.next ?? ''
    expect((await refresh(first)).next).toBe(second) // as if the answer was lost
    const third = (await refresh(second)).next
    expect((await refresh(third)).status).toBe(200)
    // A token older than the last one was stolen, or a thief used its successor.
    expect(await refresh(second)).toMatchObject({ status: 401, code: 'refresh_invalid' })
    expect(await refresh(third)).toMatchObject({ status: 401, code: 'refresh_invalid' })
  })
})
