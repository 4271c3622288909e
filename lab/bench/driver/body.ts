/** The length of a message to a peer, equal to that of the text in one of our envelopes. */
const bodyBytes = 200
const filler = '.'.repeat(bodyBytes)

/** Returns a text of fixed length that begins with the number of the message. */
export const bodyOf = (n: number): string => `${n}${filler.slice(String(n).length)}`

/** Returns the number of the message, or `undefined` for any other text. */
export function numberOf(body: string): number | undefined {
  const n = Number.parseInt(body, 10)
  return body === bodyOf(n) ? n : undefined
}
