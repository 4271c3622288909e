/** The work on a password. It loads argon2 and HKDF, and nothing else of this library. */
export {
  type AccountSecrets,
  deriveSecrets,
  minPasswordLength,
  type PasswordInput,
  PasswordTooShortError,
  preparePassword,
} from './derive-secrets.ts'
export { ExcessiveKdfError, type KdfParams, WeakKdfError } from './kdf.ts'
