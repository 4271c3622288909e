import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'
import { redactError } from './redact-error.ts'

const canary = 'canary-3f9a'
const withFields = (fields: object, message = `about ${canary}`) => Object.assign(new Error(message), fields)

test.each([
  ['pg', withFields({ severity: 'ERROR', code: '23505', detail: `Key (username)=(${canary}) already exists.` })],
  ['ioredis', withFields({ name: 'ReplyError', command: { name: 'set', args: [canary] } })],
  ['Prisma', withFields({ name: 'PrismaClientValidationError' })],
  [
    'its driver',
    withFields({
      name: 'PrismaClientKnownRequestError',
      code: 'P2010',
      meta: { driverAdapterError: { cause: { kind: 'postgres', originalCode: '22P02', originalMessage: canary } } },
    }),
  ],
  ['JSON', new SyntaxError(`Unexpected token in "${canary}"`)],
  ['the cause', new Error('outer', { cause: withFields({ severity: 'ERROR', code: '22P02' }) })],
  ['a thrown string', canary],
])('an error of %s is logged without what it quotes', (_, error) => {
  const lines: string[] = []
  const log = createLogger({ service: 'test', level: 'trace', destination: { write: (line) => void lines.push(line) } })
  log.error({ err: error, error }, 'failed')
  expect(lines.join()).toContain('failed')
  expect(lines.join()).not.toContain(canary)
})

test('tokens and passwords are removed from all fields', () => {
  const lines: string[] = []
  const log = createLogger({ service: 'test', level: 'trace', destination: { write: (line) => void lines.push(line) } })
  log.info({ token: canary, body: { password: canary }, session: { refreshToken: canary, device: 'd1' } }, 'odd')
  expect(lines.join()).toContain('d1')
  expect(lines.join()).not.toContain(canary)
})

test('harmless facts about the fault stay', () => {
  const safe = redactError(withFields({ severity: 'ERROR', code: '23505' }))
  expect(safe).toMatchObject({ name: 'Error', code: '23505', stack: expect.stringContaining('redact-error.test') })
  expect(redactError(new Error('no such door')).message).toBe('no such door')
})
