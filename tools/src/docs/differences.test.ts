import { expect, test } from 'vitest'
import { differences } from './differences.ts'
import { shareSchemas } from './share-schemas.ts'

const document = { paths: { '/v1/a': { get: { summary: 'A' } }, '/v1/b': {} }, tags: ['one'] }

test('lists what was added, removed and changed, by path', () => {
  const committed = { paths: { '/v1/a': { get: { summary: 'B' } }, '/v1/c': {} }, tags: [] }
  expect(differences(JSON.stringify(committed), document)).toEqual([
    '~ /paths/~1v1~1a/get/summary: "B" is now "A"',
    '- /paths/~1v1~1c',
    '+ /paths/~1v1~1b',
    '+ /tags/0',
  ])
})

test('reports a file that is missing, invalid, or differs only in layout', () => {
  expect(differences('', document)).toEqual(['+ the whole file'])
  expect(differences('{"paths"', document)).toEqual(['+ the whole file'])
  expect(differences(JSON.stringify(document), document)).toEqual(['only in layout'])
})

test('lists no more than a screenful', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key${n}`, n]))
  const lines = differences('{}', many)
  expect(lines).toHaveLength(21)
  expect(lines.at(-1)).toBe('and 80 more')
})

test('a named schema is printed once, and two of one name are rejected', () => {
  const user = { title: 'User', type: 'object' }
  const { document: shared, schemas } = shareSchemas({ a: user, b: [user] })
  expect(shared).toEqual({ a: { $ref: '#/components/schemas/User' }, b: [{ $ref: '#/components/schemas/User' }] })
  expect(schemas).toEqual({ User: user })
  expect(() => shareSchemas({ a: user, b: { ...user, type: 'string' } })).toThrow('User')
})
