import type { Random } from './random.ts'

const deep = 10_000
const hostile: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0.1,
  () => 1e308,
  () => 2 ** 53,
  () => '',
  () => '\u0000',
  () => '\ud800',
  () => '\u202e\ufeff𝕏e\u0301',
  () => '__proto__',
  () => 'A'.repeat(5_000),
  () => [],
  () => ({}),
  () => [[[[[[]]]]]],
  () => ({ constructor: { prototype: { polluted: true } } }),
  () => ({ toString: 1, valueOf: 1, hasOwnProperty: 1, toJSON: 1 }),
]

/** Numbers and objects that `JSON.stringify` never writes. */
const hostileText = [
  '1e308',
  '-1e-400',
  '1e999',
  '-0',
  '9'.repeat(400),
  '18446744073709551616',
  'NaN',
  'undefined',
  '{"__proto__":{"polluted":true}}',
  '{"__proto__":null,"constructor":{"prototype":{"polluted":true}}}',
  '"\\u0000\\ud800"',
  '['.repeat(deep),
  `${'['.repeat(deep)}${']'.repeat(deep)}`,
  `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
]

/**
 * Returns the text or bytes that a broken or hostile client might send in place of `value`.
 * Sometimes it is still valid, mostly it is not JSON.
 */
export function mutant(value: unknown, random: Random): string | Uint8Array<ArrayBuffer> {
  const kind = random.below(10)
  if (kind === 0) return JSON.stringify(value)
  if (kind <= 4) return JSON.stringify(withOneChanged(value, random))
  const text = JSON.stringify(value)
  const at = random.below(text.length + 1)
  const [head, tail] = [text.slice(0, at), text.slice(at)]
  switch (kind) {
    case 5:
      return head
    case 6:
      return `${head}${random.pick(['"', '}', ']', ',', ':', '\\', '\u0000', '𝕏', '/*', ' '])}${tail.slice(random.below(3))}`
    case 7:
      // A name that occurs twice: the last value counts.
      return text.replace(/^\{/, `{"t":${random.pick(hostileText)},"__proto__":{"t":"hello","polluted":true},`)
    case 8:
      return text.replace(/:("[^"]*"|\d+|true|false)/g, (all) =>
        random.next() < 0.4 ? `:${random.pick(hostileText)}` : all,
      )
    default: {
      const bytes = new Uint8Array(Buffer.from(text))
      for (let n = 1 + random.below(8); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256)
      return bytes
    }
  }
}

/** Returns a copy in which one value, anywhere, is changed, removed or given neighbours. */
function withOneChanged(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.1) return random.pick(hostile)()
  if (Array.isArray(value)) {
    const at = random.below(value.length)
    return value.length === 0
      ? [random.pick(hostile)()]
      : value.map((one, n) => (n === at ? withOneChanged(one, random) : one))
  }
  const names = Object.keys(value)
  const made = new Map(Object.entries(value))
  const name = names.length > 0 ? random.pick(names) : 'x'
  const kind = random.below(4)
  if (kind === 0) made.delete(name)
  else if (kind === 1)
    made.set(random.pick(['__proto__', 'constructor', 'prototype', '', 'x', '0']), random.pick(hostile)())
  else made.set(name, withOneChanged(made.get(name), random))
  return Object.fromEntries(made)
}
