import { readComments } from '../comments/read-comments.ts'

/** Base64url as an argument of `Buffer` or of a hash. The module of ours has a name for it. */
const platformEncoding = /[(,]\s*['"`]base64url['"`]\s*\)/

/**
 * Returns the numbers of the lines that encode or decode base64url by Node's own functions.
 * Comments are left out.
 */
export function findEncodings(source: string): readonly number[] {
  const comments = new Set(readComments(source).lines.map(({ number }) => number))
  return source.split('\n').flatMap((text, index) => {
    return platformEncoding.test(text) && !comments.has(index + 1) ? [index + 1] : []
  })
}
