import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRest, logIn, signIn, uploadFile } from '@fastchat/client'
import { memoryStore } from '@fastchat/client/testing'
import { deriveSecrets } from '@fastchat/crypto'
import { authOperations, fromBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needles } from '../support/needles.ts'
import { Person, password } from '../support/person.ts'
import { memoryOf } from '../support/process-memory.ts'
import { signUpBody } from '../support/sign-up-body.ts'
import { Stack } from '../support/stack.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const plaintext = 'the planted plaintext of a message, 7b1f'
const groupName = 'planted-group-name-93ac'
const plainPassword = 'what a plain REST client takes for its password, 51d0'
const fileBytes = utf8('planted attachment bytes, a0c4, which nobody but its readers may see')

const hpkeKeyBytes = 32

let stack: Stack
const secrets: Record<string, Uint8Array> = {
  plaintext: utf8(plaintext),
  'group name': utf8(groupName),
  attachment: fileBytes,
  password: utf8(password),
  'plain password': utf8(plainPassword),
}
/** All messages that went through Redis while people talked. */
const published: Buffer[] = []

beforeAll(async () => {
  // The services log everything that they can log.
  stack = await Stack.start({ logLevel: 'trace' })
  const ear = new Redis(stack.redis.url)
  ear.on('error', () => {})
  ear.on('pmessageBuffer', (_: string, channel: Buffer, message: Buffer) => published.push(channel, message))
  await ear.psubscribe('*')

  const enrolled = await (async () => {
    await Person.signUp(stack.url, 'planted-user-alice').then((one) => one.offline())
    return await logIn(createRest(stack.url), 'planted-user-alice', password)
  })()
  const store = memoryStore()
  await signIn(stack.url, store, enrolled, 'second machine')
  const alice = await Person.open(stack.url, 'planted-user-alice', { store })
  const bob = await Person.signUp(stack.url, 'planted-user-bob')
  const { id } = await alice.client.createGroup(groupName, [bob.id])
  await alice.send(id, plaintext)
  await bob.sees(plaintext)
  const file = await uploadFile(alice.client.api, { bytes: fileBytes, name: 'planted.jpg', mime: 'image/jpeg' })
  const message = alice.client.newId()
  const queued = { v: 1, kind: 'image', file, width: 1, height: 1 } as const
  await alice.client.conversation(id).outbox.queue(message, queued, [file.attachment])
  await eventually(() => expect(bob.shown.some(({ payload }) => payload?.kind === 'image')).toBe(true))
  await bob.client.conversation(id).markRead(1)
  await bob.client.signals.receipts.flush()
  const signalKeys = new TextDecoder().decode(await bob.store.get('meta', `signalKeys/${id}`))
  for (const [n, { key }] of (JSON.parse(signalKeys) as { key: string }[]).entries())
    secrets[`signal key ${n}`] = fromBase64Url(key)
  secrets['plain receipt'] = utf8('"kind":"receipt"')
  await alice.offline()
  await bob.offline()

  await createRest(stack.url).call(authOperations.signup, {
    body: signUpBody('planted-user-carol', plainPassword),
  })
  const { salt, ...params } = await createRest(stack.url).call(authOperations.kdf, {
    query: { username: 'planted-user-alice' },
  })
  const { loginValue } = await deriveSecrets({ password, salt: fromBase64Url(salt), params })
  secrets['login value'] = fromBase64Url(loginValue)
  const { keys } = JSON.parse(readFileSync(stack.signingKeysFile, 'utf8')) as { keys: { d: string }[] }
  for (const [n, { d }] of keys.entries()) secrets[`signing key ${n}`] = fromBase64Url(d)

  const { signaturePrivate } = alice.client.identity
  secrets['enrol token'] = utf8(enrolled.enrolment.enrolToken.split('.')[2] ?? '')
  secrets['account key'] = enrolled.accountPrivate
  secrets['vault key'] = enrolled.vaultKey
  secrets['signature key'] = fromBase64Url(signaturePrivate)
  secrets['file key'] = fromBase64Url(file.key)
  // A private key package begins with a version and two HPKE keys, of the welcome and of the leaf.
  for (const [n, { value }] of (await store.list('keyPackages')).entries()) {
    const { privateBytes } = JSON.parse(new TextDecoder().decode(value)) as { privateBytes: string }
    const bytes = fromBase64Url(privateBytes)
    secrets[`init key ${n}`] = bytes.subarray(1, 1 + hpkeKeyBytes)
    secrets[`leaf key ${n}`] = bytes.subarray(1 + hpkeKeyBytes, 1 + 2 * hpkeKeyBytes)
  }
  const token = await alice.accessToken()
  secrets['access token'] = utf8(token.split('.')[2] ?? '')
  const session = JSON.parse(new TextDecoder().decode(await store.get('meta', 'session'))) as { refreshToken: string }
  secrets['refresh token'] = utf8(session.refreshToken.split('.')[2] ?? '')
  // The test uses tokens rightly and wrongly, so that a log would show them.
  await createRest(stack.url).call(authOperations.searchUsers, { token, query: {} })
  await fetch(`${stack.url}/v1/users?query=${'x'.repeat(99)}`, { headers: { authorization: `Bearer ${token}` } })
  await ear.quit()
})
afterAll(() => stack.stop())

test('the test knows the private keys of the account, the device, its key packages and its files', () => {
  const names = Object.keys(secrets)
  const wanted = [
    'account key',
    'signature key',
    'file key',
    'init key 0',
    'leaf key 0',
    'login value',
    'signing key 0',
  ]
  for (const name of wanted) expect(names).toContain(name)
  for (const [name, secret] of Object.entries(secrets)) expect(secret.length, name).toBeGreaterThanOrEqual(16)
  const [[, planted]] = Object.entries(secrets) as [[string, Uint8Array]]
  expect(leaks(Buffer.concat([Buffer.from('before '), planted]))).toEqual(['plaintext'])
})

function leaks(hay: Buffer): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    needles(secret).some((needle) => hay.includes(needle)) ? [name] : [],
  )
}

test('no file of Postgres holds a secret', async () => {
  // A control that only this test writes, in the least obvious form.
  const [, , , control] = needles(utf8('a planted control, in base64, 3e77')) as Buffer[]
  await stack.sql('create table planted_control as select $1::text as body', [control?.toString()])
  await stack.sql('checkpoint')
  const [row] = await stack.sql("select current_setting('fastchat.data_folder') as folder")
  const folder = String(row?.folder)
  const files = execFileSync('find', [`${folder}/base`, `${folder}/pg_wal`, '-type', 'f'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  let seesControl = false
  for (const path of files) {
    // its database may have been dropped meanwhile
    const hay = await readFile(path).catch(() => Buffer.alloc(0))
    seesControl ||= needles(utf8('a planted control, in base64, 3e77')).some((needle) => hay.includes(needle))
    expect(leaks(hay), path).toEqual([])
  }
  expect(seesControl).toBe(true)
  await stack.sql('drop table planted_control')
})

test('no message through Redis and no value in it holds a secret', async () => {
  const redis = new Redis(stack.redis.url)
  const lying = async () => {
    const keys = await redis.keys('*')
    const kept = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
    return Buffer.concat([...kept.filter((value) => value !== null), Buffer.from(keys.join('\n'))])
  }
  // Compressed, a secret would have other bytes.
  await redis.config('SET', 'rdbcompression', 'no')
  expect(leaks(await lying())).toEqual([])
  await redis.hset('control', { before: 'x'.repeat(200), planted: plaintext })
  expect(leaks(await lying())).toEqual(['plaintext'])
  await redis.del('control')
  await redis.quit()

  const said = Buffer.concat(published)
  expect(leaks(said)).toEqual([])
  expect(said.includes('"kind":"application"')).toBe(true)
})

test('no log holds a secret or an envelope', async () => {
  const postgresLog = process.env.FASTCHAT_TEST_POSTGRES_LOG ?? ''
  const hay = Buffer.concat([...stack.logFiles, postgresLog].map((path) => readFileSync(path)))
  expect(leaks(hay)).toEqual([])
  const envelopes = await stack.sql('select envelope from message')
  expect(envelopes.length).toBeGreaterThan(2)
  for (const { envelope } of envelopes as { envelope: Buffer }[]) {
    for (const needle of needles(envelope.subarray(-32))) expect(hay.includes(needle)).toBe(false)
  }
  for (const control of [
    '"service":"auth"',
    '"service":"balancer"',
    '"pod":"chat-1"',
    'PostgreSQL',
    'Ready to accept connections',
  ])
    expect(hay.includes(control)).toBe(true)
})

/**
 * Secrets that servers never have, not even for a moment. They do see tokens and envelopes, and
 * compare login values.
 */
const neverTheirs = [
  'plaintext',
  'group name',
  'attachment',
  'password',
  'account key',
  'vault key',
  'signature key',
  'file key',
  'init key 0',
  'leaf key 0',
]

test.each(['auth', 'balancer', 'chat-0', 'chat-1'])('the memory of %s holds no secret', (name) => {
  const wanted = neverTheirs.flatMap((secret) => needles(secrets[secret]!).map((needle) => ({ secret, needle })))
  const control = Buffer.from('/.well-known/jwks.json')
  let seesControl = false
  for (const piece of memoryOf(stack.process(name).pid)) {
    seesControl ||= piece.includes(control)
    expect(wanted.filter(({ needle }) => piece.includes(needle)).map(({ secret }) => secret)).toEqual([])
  }
  expect(seesControl).toBe(true)
})
