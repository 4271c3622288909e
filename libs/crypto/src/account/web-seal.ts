import { SealError } from './seal.ts'

const cipherName = 'AES-GCM'
const nonceBytes = 12
const keyBits = 256
const utf8 = new TextEncoder()

/**
 * Makes a random key for the store of one browser. No script can read its bytes, so a copy of the
 * browser's storage through a script is not a copy of the key.
 */
export async function createWebStoreKey(): Promise<CryptoKey> {
  return await crypto.subtle.generateKey({ name: cipherName, length: keyBits }, false, ['encrypt', 'decrypt'])
}

/**
 * Seals one value of a browser's store by AES-256-GCM (NIST SP 800-38D). `aad` names its table and
 * row. A key seals at most 2^32 values, since nonces are random.
 *
 * @returns nonce (12) ‖ ciphertext ‖ tag (16): 28 bytes more than `plaintext`
 */
export async function webSeal(key: CryptoKey, plaintext: Uint8Array, aad: string): Promise<Uint8Array> {
  const iv = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const additionalData = utf8.encode(aad)
  const body = await crypto.subtle.encrypt({ name: cipherName, iv, additionalData }, key, plaintext.slice())
  const sealed = new Uint8Array(nonceBytes + body.byteLength)
  sealed.set(iv)
  sealed.set(new Uint8Array(body), nonceBytes)
  return sealed
}

/** @throws {SealError} unless `webSeal` made `sealed` with this key and `aad` */
export async function webOpen(key: CryptoKey, sealed: Uint8Array, aad: string): Promise<Uint8Array> {
  const iv = sealed.slice(0, nonceBytes)
  const additionalData = utf8.encode(aad)
  try {
    const body = sealed.slice(nonceBytes)
    return new Uint8Array(await crypto.subtle.decrypt({ name: cipherName, iv, additionalData }, key, body))
  } catch (cause) {
    throw new SealError('the sealed value does not open', { cause })
  }
}
