/**
 * Why bytes that claim to be a message, key package, credential or statement are not accepted. `malformed`: not the
 * structure; `unsupported`: lawful MLS that FastChat does not use; `bad_signature`; `bad_credential`: the device is not
 * vouched for by its account; `expired`: outside its lifetime, or a lifetime that is too long.
 */
export type HandshakeErrorCode = 'malformed' | 'unsupported' | 'bad_signature' | 'bad_credential' | 'expired'

export class HandshakeError extends Error {
  readonly code: HandshakeErrorCode

  constructor(code: HandshakeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HandshakeError'
    this.code = code
  }
}
