import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readLines } from './read-lines.ts'

const linesOf = async (...chunks: (string | Buffer)[]) => {
  const lines: unknown[] = []
  for await (const line of readLines(Readable.from(chunks), 8)) lines.push(line === 'too long' ? line : line.text)
  return lines
}

test('lines are whole however the bytes are split, and the last one needs no line break', async () => {
  expect(await linesOf('a\nbc', 'd\n\n', 'e')).toEqual(['a', 'bcd', '', 'e'])
  const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)]
  expect(await linesOf(first, second, '\n')).toEqual(['ä'])
})

test('a line that is too long gives one mark, and the next line is read', async () => {
  expect(await linesOf('12345678\n123456789\nok\n')).toEqual(['12345678', 'too long', 'ok'])
  expect(await linesOf('12345', '67890', '12345', '\nok')).toEqual(['too long', 'ok'])
  expect(await linesOf('1234567890')).toEqual(['too long'])
})
