const nonceBytes = 12
const keyBytes = 32

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce. Use it for keys that seal
 * far fewer than 2^32 times: above that, random nonces are likely to repeat.
 *
 * @returns nonce (12) ‖ ciphertext ‖ tag (16)
 * @throws {RangeError} when the key is not 32 bytes
 */
export async function sealWithGcm(
  key: Uint8Array,
  plaintext: Uint8Array,
  associated: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await importKey(key, 'encrypt')
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const body = await crypto.subtle.encrypt(algorithm(nonce, associated), imported, plaintext.slice())
  const sealed = new Uint8Array(nonceBytes + body.byteLength)
  sealed.set(nonce)
  sealed.set(new Uint8Array(body), nonceBytes)
  return sealed
}

/**
 * @throws {DOMException} unless `sealWithGcm` made `sealed` with this key and associated data
 * @throws {RangeError} when the key is not 32 bytes
 */
export async function openWithGcm(
  key: Uint8Array,
  sealed: Uint8Array,
  associated: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await importKey(key, 'decrypt')
  const parameters = algorithm(sealed.slice(0, nonceBytes), associated)
  return new Uint8Array(await crypto.subtle.decrypt(parameters, imported, sealed.slice(nonceBytes)))
}

function importKey(key: Uint8Array, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  if (key.length !== keyBytes) throw new RangeError(`a key has ${keyBytes} bytes`)
  return crypto.subtle.importKey('raw', key.slice(), 'AES-GCM', false, [use])
}

const algorithm = (iv: Uint8Array<ArrayBuffer>, associated: string): AesGcmParams => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(associated),
})
