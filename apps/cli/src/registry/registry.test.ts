import { expect, test } from 'vitest'
import { closest } from './closest.ts'
import { isForPrograms } from './command.ts'
import { commands } from './commands.ts'
import { completables } from './completion.ts'
import { completionScript } from './completion-script.ts'
import { families } from './families.ts'
import { dashed } from './param.ts'
import { count, lineCount, oneOf, seconds, text, texts } from './value.ts'

test('the completion of each shell has every command and option', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(shell, completables(commands, families))
    for (const { words, params } of commands) {
      for (const word of words) expect(script).toContain(word)
      const options = Object.entries(params).filter(([, { kind }]) => kind === 'option')
      for (const [name, { isNegated }] of options)
        expect({
          shell,
          has: script.includes(`${shell === 'fish' ? '-l ' : '--'}${isNegated ? 'no-' : ''}${dashed(name)}`),
        }).toEqual({
          shell,
          has: true,
        })
    }
    expect(script).toContain('password-stdin')
  }
})

test('programs have every command except chat, api, completion and help', () => {
  const others = commands.filter((command) => !isForPrograms(command)).map(({ words }) => words.join(' '))
  expect(others).toEqual(['chat', 'api', 'completion', 'help'])
})

test('a value is read alike from words and from JSON, and any other value is rejected', () => {
  expect([count.read('3', ''), count.read(3, ''), seconds.read('0.5', ''), lineCount.read(10_000, '')]).toEqual([
    3, 3, 0.5, 10_000,
  ])
  for (const wrong of ['', ' ', '0', '1.5', '-1', 'x', 1_000_001, Number.NaN, null, true, [3], {}])
    expect(() => count.read(wrong, 'N')).toThrow(expect.objectContaining({ code: 'usage' }))
  expect(() => lineCount.read(10_001, 'N')).toThrow()
  for (const wrong of [1, null, ['a'], {}]) expect(() => text().read(wrong, 'N')).toThrow()
  for (const wrong of ['a', [1], { 0: 'a' }]) expect(() => texts.read(wrong, 'N')).toThrow()
  expect(() => oneOf('a', 'b').read('c', 'N')).toThrow('N must be one of: a, b')
})

test('a mistyped word gives the closest command, and a word unlike all gives none', () => {
  const words = ['send', 'save', 'signup', 'history']
  expect(['sned', 'sen', 'SEND', 'singup', 'histroy'].map((word) => closest(word, words))).toEqual([
    'send',
    'send',
    'send',
    'signup',
    'history',
  ])
  expect([closest('xy', words), closest('x'.repeat(1_000_000), words), closest('', words)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
