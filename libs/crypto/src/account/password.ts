/** The work on a password. It loads argon2 and HKDF, and nothing else of this library. */
export { type AccountSecrets, deriveSecrets } from './derive-secrets.ts'
export { ExcessiveKdfError, type KdfParams, WeakKdfError } from './kdf.ts'
export { minPasswordLength, type PasswordInput, PasswordTooShortError, preparePassword } from './password-input.ts'
