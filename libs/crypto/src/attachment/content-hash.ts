import { sha256 } from '#primitives'

/** Returns the SHA-256 of bytes, by which a device tells whether it has them already. */
export const contentHash = (bytes: Uint8Array): Uint8Array => sha256(bytes)
