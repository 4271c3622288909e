import { PassThrough } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { expect, test } from 'vitest'
import { askHidden } from './ask-hidden.ts'

/** A keyboard: what askHidden uses of a terminal. */
function keyboard() {
  const keys = new PassThrough()
  const modes: boolean[] = []
  const stdin = Object.assign(keys, { setRawMode: (on: boolean) => void modes.push(on) }) as unknown as ReadStream
  const shown: string[] = []
  const stderr = new PassThrough()
  stderr.on('data', (chunk) => shown.push(String(chunk)))
  return { keys, modes, stdin, stderr, shown }
}

test('what is typed is not shown, and can be mended', async () => {
  const { keys, modes, stdin, stderr, shown } = keyboard()
  const asked = askHidden('Password: ', stdin, stderr)
  for (const key of ['wrong', '\u0015', 'pä', 'ß', 'x', '\u007f', '\u001b', 'word', '\r']) keys.write(key)
  expect(await asked).toBe('päßword')
  expect(shown.join('')).toBe('Password: \n')
  expect(modes).toEqual([true, false])
})

test('nothing is asked before the terminal hides the answer', () => {
  const { modes, stdin, stderr } = keyboard()
  const hidden: boolean[][] = []
  stderr.on('data', () => hidden.push([...modes]))
  void askHidden('Password: ', stdin, stderr)
  expect(hidden).toEqual([[true]])
})

test('Ctrl-C gives up and leaves the terminal as it was', async () => {
  const { keys, modes, stdin, stderr } = keyboard()
  const asked = askHidden('Password: ', stdin, stderr)
  keys.write('abc\u0003')
  await expect(asked).rejects.toMatchObject({ exitCode: 130 })
  expect(modes).toEqual([true, false])
})
