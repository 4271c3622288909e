import { createHash } from 'node:crypto'

/**
 * Returns the stored hash of an invitation code. People may write the code in any case, with or
 * without its dashes.
 */
export function hashInviteCode(code: string): Uint8Array<ArrayBuffer> {
  const letters = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, '')
  return new Uint8Array(createHash('sha256').update(letters).digest())
}
