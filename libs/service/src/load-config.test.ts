import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { ConfigError, loadConfig } from './load-config.ts'

const Schema = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
  HOST: Type.String({ default: '127.0.0.1' }),
  DATABASE_URL: Type.String({ minLength: 1 }),
  KEY: Type.Optional(Type.String({ minLength: 8 })),
})

test('converts values, fills in defaults and ignores unknown names', () => {
  const env = { DATABASE_URL: 'postgres://', PORT: '9000', HOST: '', OTHER: 'x' }
  expect(loadConfig(Schema, env)).toEqual({ DATABASE_URL: 'postgres://', PORT: 9000, HOST: '127.0.0.1' })
})

test('reads a secret from a file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'fastchat-config-')), 'key')
  writeFileSync(file, 'long enough\n')
  expect(loadConfig(Schema, { DATABASE_URL: 'x', KEY_FILE: file }).KEY).toBe('long enough')
})

test('lists all bad names at once, without their values', () => {
  const load = () => loadConfig(Schema, { PORT: 'hunter-port', KEY: 'hunter2', HOST_FILE: '/no/such/hunter' })
  expect(load).toThrow(ConfigError)
  expect(load).toThrow(/^(?=.*PORT)(?=.*KEY)(?=.*DATABASE_URL is missing)(?=.*HOST_FILE)(?!.*hunter)/)
})
