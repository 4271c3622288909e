/**
 * Returns the forms in which a secret could occur in other data: as it is, in hex, and in both
 * kinds of base64. In base64 it can have three offsets; the letters that depend on its neighbours
 * are left out.
 */
export function needles(secret: Uint8Array): Buffer[] {
  const bytes = Buffer.from(secret)
  const found = [bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('hex').toUpperCase())]
  for (let offset = 0; offset < 3; offset++) {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
    const from = Math.ceil((offset * 4) / 3)
    const to = Math.floor((padded.length * 8) / 6)
    const text = padded.toString('base64').slice(from, to)
    found.push(Buffer.from(text), Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_')))
  }
  return found
}
