const heads: readonly (readonly [type: string, at: number, text: string])[] = [
  ['image/png', 0, '\u0089PNG\r\n\u001a\n'],
  ['image/jpeg', 0, '\u00ff\u00d8\u00ff'],
  ['image/webp', 8, 'WEBP'],
]

/**
 * Returns the bytes of a profile as a picture. Others have chosen them, so only the types that have
 * pixels and nothing else count: an SVG is none.
 */
export function pictureBlob(bytes: Uint8Array): Blob | undefined {
  const type = heads.find(([, at, text]) => [...text].every((letter, n) => bytes[at + n] === letter.charCodeAt(0)))?.[0]
  // A copy, because the bytes may be a part of a larger buffer.
  return type === undefined ? undefined : new Blob([Uint8Array.from(bytes)], { type })
}
