import { expect, test } from 'vitest'
import { pictureBlob } from './picture-blob.ts'

const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

test('PNG, JPEG and WebP are pictures, and a document that could run scripts is none', () => {
  const types = ['\u0089PNG\r\n\u001a\n...', '\u00ff\u00d8\u00ff...', 'RIFF....WEBPVP8 '].map(
    (text) => pictureBlob(bytesOf(text))?.type,
  )
  expect(types).toEqual(['image/png', 'image/jpeg', 'image/webp'])
  for (const text of ['', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 'GIF89a', '<html>'])
    expect(pictureBlob(bytesOf(text))).toBeUndefined()
})
