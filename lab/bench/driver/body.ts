/** Of a message to a peer: as long as the text that an envelope of ours holds. */
const bodyBytes = 200
const filler = '.'.repeat(bodyBytes)

/** Text that says which message it is, and is of one length. */
export const bodyOf = (n: number): string => `${n}${filler.slice(String(n).length)}`

/** @returns `undefined` for any other text */
export function numberOf(body: string): number | undefined {
  const n = Number.parseInt(body, 10)
  return body === bodyOf(n) ? n : undefined
}
