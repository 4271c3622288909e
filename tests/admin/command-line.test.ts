import { testDatabase } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { runAdmin } from './run-admin.ts'

test('help lists the commands, and an unknown command ends with exit code 64', async () => {
  const help = await runAdmin({}, '--help')
  expect(help.code).toBe(0)
  for (const word of [
    'users',
    'signup',
    'invites',
    'pods',
    'keys',
    'retention',
    'stats',
    'after-restore',
    'DATABASE_URL',
  ])
    expect(help.out).toContain(word)
  const wrong = await runAdmin({}, 'users', 'lsit')
  expect([wrong.code, wrong.out]).toEqual([64, ''])
  expect((await runAdmin({}, 'signup', 'sometimes')).code).toBe(64)
})

test('an error names what is missing or does not answer, and never a password', async () => {
  const missing = await runAdmin({}, 'stats')
  expect([missing.code, missing.err]).toEqual([64, 'Bad configuration: DATABASE_URL is missing\n'])
  const url = 'postgres://operator:hunter2@127.0.0.1:1/fastchat'
  const away = await runAdmin({ DATABASE_URL: url }, 'stats', '--json')
  expect([away.code, away.rows]).toMatchObject([69, [{ error: { code: 'unreachable' } }]])
  expect(away.out + away.err).not.toContain('hunter2')
  const redisUrl = { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' }
  expect((await runAdmin(redisUrl, 'pods', 'list')).err).toBe('Bad configuration: POD_HMAC_KEY is missing\n')
  const redis = await runAdmin({ ...redisUrl, POD_HMAC_KEY: 'k'.repeat(43) }, 'pods', 'list')
  expect(redis.code).toBe(69)
  expect(redis.out + redis.err).not.toContain('hunter2')
})

test('an error says that a database has another version', async () => {
  const database = await testDatabase({ empty: true })
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/pooler', DIRECT_DATABASE_URL: database.url }
  const ran = await runAdmin(env, 'users', 'list', '--json')
  expect([ran.code, ran.rows]).toMatchObject([1, [{ error: { code: 'not_migrated' } }]])
  await database.drop()
})
