import { deriveHomeKey } from '@fastchat/crypto'
import { fromBase64Url } from '@fastchat/schema'

/** Returns the key that seals a home while its device is logged out, from the account's state key. */
export const homeKeyOf = (stateKey: Uint8Array | string): Uint8Array =>
  deriveHomeKey(typeof stateKey === 'string' ? fromBase64Url(stateKey) : stateKey)
