/** The operator rotates the signing keys while people write, sign in and connect. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createRest, logIn, signIn } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import { authOperations, chatOperations } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { importJWK, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { password, passwordWork } from '../support/password.ts'
import { Person } from '../support/person.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { Stack } from '../support/stack.ts'

type Key = JWK & { readonly kid: string }

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start({ authEnv: { RATE_PER_IP_MINUTE: '1000000' } })
})
afterAll(() => stack.stop())

/** Replaces the file of the keys as a mounted secret is replaced, and tells auth. */
async function publish(...keys: readonly Key[]): Promise<void> {
  const file = stack.signingKeysFile
  await writeFile(`${file}.new`, JSON.stringify({ keys }), { mode: 0o600 })
  await rename(`${file}.new`, file)
  stack.process('auth').kill('SIGHUP')
  const jwks = async () => (await createRest(stack.url).call(authOperations.jwks, {})).keys.map(({ kid }) => kid)
  await eventually(async () => expect(await jwks()).toEqual(keys.map(({ kid }) => kid)))
}

const kidOf = (token: string): unknown => JSON.parse(atob(token.split('.')[0] ?? '')).kid
const listAt = (pod: string, token: string) =>
  createRest(`http://127.0.0.1:${stack.port(pod)}`).call(chatOperations.listConversations, { token, query: {} })

test('rotating the signing keys interrupts neither messages nor connections on two pods', async () => {
  const ann = await Person.signUp(stack.url, 'ann', { pod: stack.pod(0) })
  const ben = await Person.signUp(stack.url, 'ben', { pod: stack.pod(1) })
  const store = memoryStore()
  const identity = await signIn(
    stack.url,
    store,
    await logIn(createRest(stack.url), 'ann', password, passwordWork),
    'x',
  )
  let { refreshToken } = JSON.parse(new TextDecoder().decode(await store.get('meta', 'session'))) as {
    refreshToken: string
  }

  const errors: unknown[] = []
  const rounds: Record<string, number> = {}
  let sent = 0
  let isOver = false
  /** A device that renews its token, asks both pods, and connects to them, again and again. */
  async function connects(): Promise<void> {
    while (!isOver) {
      const tokens = await createRest(stack.url).call(authOperations.refresh, { body: { refreshToken } })
      refreshToken = tokens.refreshToken
      for (const [n, pod] of stack.podNames.entries()) {
        await listAt(pod, tokens.accessToken)
        const socket = await RawSocket.hello(stack.pod(n), tokens.accessToken)
        socket.close()
        await socket.closed
      }
      const kid = String(kidOf(tokens.accessToken))
      rounds[kid] = (rounds[kid] ?? 0) + 1
    }
  }
  async function writes(): Promise<void> {
    while (!isOver) await (sent++ % 2 === 0 ? ann.send(ben, `${sent}`) : ben.send(ann, `${sent}`))
  }
  const load = [connects(), writes()].map((work) => work.catch((error: unknown) => errors.push(error)))
  const goesOn = async (kid: string) => {
    const [then, written] = [rounds[kid] ?? 0, sent]
    await eventually(() => {
      expect(errors).toEqual([])
      expect(rounds[kid] ?? 0).toBeGreaterThan(then + 5)
      expect(sent).toBeGreaterThan(written + 5)
    })
  }

  const { keys } = JSON.parse(await readFile(stack.signingKeysFile, 'utf8')) as { keys: readonly [Key] }
  const [former] = keys
  const next: Key = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'next' }
  await goesOn(former.kid)
  await publish(former, next)
  // The operator waits until all pods have fetched the set. Here a token of the new key asks them:
  // a pod fetches the set for an unknown key, every 30 s at most.
  const now = Math.floor(Date.now() / 1000)
  const early = await new SignJWT({ device: identity.deviceId, sid: randomUUID() })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: next.kid })
    .setIssuer('fastchat')
    .setAudience('fastchat')
    .setSubject(identity.userId)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + 600)
    .sign(await importJWK(next, 'EdDSA'))
  for (const pod of stack.podNames) await eventually(() => listAt(pod, early), { timeoutMs: 60_000 })
  await publish(next, former)
  await goesOn(next.kid)
  await publish(next)
  await goesOn(next.kid)
  isOver = true
  await Promise.all(load)
  expect(errors).toEqual([])
  for (const one of [ann, ben]) {
    expect(one.client.state.state).toBe('online')
    expect(one.troubles).toEqual([])
    await one.offline()
  }
})
