/** Each reason for rejecting a message, key package, credential or statement, and its meaning. */
export const handshakeErrors = {
  malformed: 'The bytes are not the structure that they claim to be',
  unsupported: 'The bytes are valid MLS that FastChat does not use',
  bad_signature: 'A signature is wrong',
  bad_credential: 'The account key has not signed the device',
  expired: 'The time is outside the lifetime, or the lifetime is too long',
} as const satisfies Record<string, string>

export type HandshakeErrorCode = keyof typeof handshakeErrors

export class HandshakeError extends Error {
  readonly code: HandshakeErrorCode

  constructor(code: HandshakeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HandshakeError'
    this.code = code
  }
}
