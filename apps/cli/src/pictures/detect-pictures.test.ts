import { expect, test } from 'vitest'
import { detectPictures } from './detect-pictures.ts'

const esc = '\u001b'
const attributes = (numbers: string) => `${esc}[?${numbers}c`
const size = `${esc}[6;18;9t`
const xterm = { TERM: 'xterm-256color' }

/** A terminal with these answers. */
const answering = (...answers: string[]) => ({ query: async () => answers })
const unasked = { query: () => Promise.reject(new Error('asked')) }

test.each([
  ['kitty answers its query', [`${esc}_Gi=31;OK${esc}\\`, size, attributes('62;c')], xterm, 'kitty'],
  ['a refusal of the query is no yes', [`${esc}_Gi=31;EINVAL${esc}\\`, attributes('62;4;22')], xterm, 'sixel'],
  ['sixel is among the attributes', [attributes('62;4;22')], xterm, 'sixel'],
  ['the kind of a terminal is no attribute', [attributes('4;22')], xterm, 'blocks'],
  ['no answer', [], xterm, 'blocks'],
  ['iTerm2 says its name', [attributes('62')], { ...xterm, TERM_PROGRAM: 'iTerm.app' }, 'iterm2'],
  ['tmux hides iTerm2', [attributes('62')], { ...xterm, LC_TERMINAL: 'iTerm2', TMUX: 'x' }, 'blocks'],
  ['tmux has sixel', [attributes('62;4')], { ...xterm, TMUX: 'x' }, 'sixel'],
  ['no colors', [attributes('62')], { ...xterm, NO_COLOR: '1' }, 'off'],
] as const)('%s', async (_, answers, env, mode) => {
  expect(await detectPictures(answering(...answers), env, 'auto')).toMatchObject({ mode })
})

test('the size of a letter comes from the terminal if it is plausible', async () => {
  expect(await detectPictures(answering(size), xterm, 'auto')).toMatchObject({ cellWidth: 9, cellHeight: 18 })
  expect(await detectPictures(answering(`${esc}[6;0;9999t`), xterm, 'auto')).toMatchObject({
    cellWidth: 10,
    cellHeight: 20,
  })
})

test('a chosen way is taken, and a simple terminal is not asked', async () => {
  expect(await detectPictures(unasked, { TERM: 'dumb' }, 'auto')).toMatchObject({ mode: 'off' })
  expect(await detectPictures(unasked, { TERM: 'linux' }, 'auto')).toMatchObject({ mode: 'blocks' })
  expect(await detectPictures(unasked, xterm, 'off')).toMatchObject({ mode: 'off' })
  expect(await detectPictures(unasked, { ...xterm, COLORTERM: 'truecolor' }, 'blocks')).toMatchObject({
    mode: 'blocks',
    blockColors: 'full',
  })
  expect(await detectPictures(answering(), xterm, 'kitty')).toMatchObject({ mode: 'kitty' })
})
