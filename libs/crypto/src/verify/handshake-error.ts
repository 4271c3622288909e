/** Why bytes that claim to be a message, key package, credential or statement are not accepted, and what that means. */
export const handshakeErrors = {
  malformed: 'Not the structure that it claims to be',
  unsupported: 'Lawful MLS that FastChat does not use',
  bad_signature: 'A signature does not hold',
  bad_credential: 'The account does not vouch for the device',
  expired: 'Outside its lifetime, or with a lifetime that is too long',
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
