import { expect, test } from 'vitest'
import { databaseUrlPattern, parseDatabaseUrl } from './database-url.ts'

const ca = '-----BEGIN CERTIFICATE-----'

test.each([
  ['postgres://localhost', { host: 'localhost', ssl: false }],
  [
    'postgresql://fc:a%40b%2F@db.internal:6432/fast%20chat?sslmode=disable',
    { host: 'db.internal', port: 6432, user: 'fc', password: 'a@b/', database: 'fast chat', ssl: false },
  ],
  ['postgresql://db?sslmode=verify-full', { host: 'db', ssl: { rejectUnauthorized: true } }],
  ['postgresql://[::1]/fc?sslmode=require', { host: '::1', database: 'fc', ssl: { rejectUnauthorized: true } }],
  [
    'postgresql:///fc?host=/var/run/postgresql&options=-c%20jit%3Doff',
    { host: '/var/run/postgresql', database: 'fc', options: '-c jit=off', ssl: false },
  ],
])('%s is understood', (url, config) => {
  expect(url).toMatch(new RegExp(databaseUrlPattern))
  expect(parseDatabaseUrl(url)).toEqual({ config, isPooled: false })
})

test('authorities of your own, and a pooler', () => {
  expect(parseDatabaseUrl('postgresql://db?sslmode=verify-full&pgbouncer=true', ca)).toEqual({
    isPooled: true,
    config: { host: 'db', ssl: { rejectUnauthorized: true, ca } },
  })
})

test.each([
  ['mysql://hidden@db', 'is not postgresql://'],
  ['postgresql://u:hidden@db:port/x', 'is not postgresql://'],
  ['postgresql://u:hid%zzden@db', 'percent-encoded'],
  ['postgresql://u:hid/den@db/fc', 'percent-encoded'],
  ['postgresql://u:12/hidden@db/fc', 'percent-encoded'],
  ['postgresql://u:12?hidden@db/fc', 'percent-encoded'],
  ['postgresql://u:12#hidden@db/fc', 'percent-encoded'],
  ['postgresql://u:hid#den@db/fc', 'percent-encoded'],
  ['postgresql://u:hid?den@db/fc', 'percent-encoded'],
  ['postgresql://u:hidden@db/fc#x', 'percent-encoded'],
  ['postgresql://hidden@one,two/x', 'one host'],
  ['postgresql://db?sslmode=prefer', 'disable, require or verify-full'],
  ['postgresql://db?sslmode=verify-ca', 'disable, require or verify-full'],
  ['postgresql://db?sslmode=no-verify', 'disable, require or verify-full'],
  ['postgresql://db?sslmode=toString', 'disable, require or verify-full'],
  ['postgresql://db?sslmode=verify-full&ssl=false', 'takes only'],
  ['postgresql://db?sslmode=verify-full&uselibpqcompat=true', 'takes only'],
  ['postgresql://db?lock_timeout=0', 'takes only'],
  ['postgresql://db?host=other', 'Unix socket'],
  ['postgresql://db?pgbouncer=hidden', 'true or false'],
  ['postgresql://db?pgbouncer=true&options=-c', 'no options'],
])('%s is refused, and nothing of it quoted', (url, words) => {
  const refuse = () => parseDatabaseUrl(url)
  expect(refuse).toThrow(TypeError)
  expect(refuse).toThrow(words)
  expect(refuse).not.toThrow('hidden')
})

test('authorities without TLS are refused: somebody believes the connection is safe', () => {
  expect(() => parseDatabaseUrl('postgresql://db', ca)).toThrow('DATABASE_CA')
  expect(() => parseDatabaseUrl('postgresql://db?sslmode=disable', ca)).toThrow('DATABASE_CA')
})
