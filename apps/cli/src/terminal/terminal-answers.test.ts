import { expect, test } from 'vitest'
import { TerminalAnswers } from './terminal-answers.ts'

const esc = '\u001b'

test('answers are taken out of the typed text, in whatever pieces they come', () => {
  const stream = `he${esc}_Gi=31;OK${esc}\\l${esc}[6;20;10tl${esc}[?62;4;22co`
  for (let size = 1; size < stream.length; size++) {
    const answers = new TerminalAnswers()
    const heard: string[] = []
    answers.expect((one) => heard.push(one))
    let typed = ''
    for (let at = 0; at < stream.length; at += size) typed += answers.take(stream.slice(at, at + size))
    expect({ size, typed: typed + answers.release(), heard }).toEqual({
      size,
      typed: 'hello',
      heard: [`${esc}_Gi=31;OK${esc}\\`, `${esc}[6;20;10t`, `${esc}[?62;4;22c`],
    })
  }
})

test('keys pass at once when no answer is expected, and a late answer is still no typed text', () => {
  const answers = new TerminalAnswers()
  for (const key of [esc, `${esc}[A`, `${esc}[200~x`, `${esc}b`, 'é']) expect(answers.take(key)).toBe(key)
  expect(answers.take(`${esc}[?62;4c`)).toBe('')
  expect(answers.take(`a${esc}[?6`)).toBe('a')
  expect(answers.take('2cb')).toBe('b')
})

test('an answer that never ends gives the keys back', () => {
  const answers = new TerminalAnswers()
  const endless = `${esc}_G${'x'.repeat(600)}`
  expect(answers.take(endless)).toBe(endless)
})
