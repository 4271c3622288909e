import { type Static, Type } from 'typebox'
import { Bytes, DeviceIdSchema, FixedBytes, UserIdSchema } from './ids.ts'

const strict = { additionalProperties: false } as const
export const usernamePattern = '^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$'
export const UsernameSchema = Type.String({
  pattern: usernamePattern,
  description: '1 to 32 of a–z, 0–9, dot, dash, underscore; begins and ends with a letter or digit',
})
/** Opaque to the server. Our clients send a key derived from the password, never the password itself. */
export const PasswordSchema = Type.String({ minLength: 1, maxLength: 128, description: 'Opaque to the server' })
export const DeviceNameSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  description: 'Any letters but control characters',
})
export const KeySchema = FixedBytes(32, 'Ed25519 public key')
export const SignatureSchema = FixedBytes(64, 'Ed25519 signature')

/** Made by the operator. Case and dashes do not matter. */
export const InviteCodeSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Needed while sign-up is by invitation; ignored otherwise',
})

/** How the client derives what it sends as password (argon2id, RFC 9106). Opaque to the server. */
export const KdfSchema = Type.Object(
  {
    algorithm: Type.Literal('argon2id'),
    salt: FixedBytes(16, 'Made by the client at signup'),
    memoryKiB: Type.Integer({ minimum: 8, maximum: 1024 * 1024 }),
    iterations: Type.Integer({ minimum: 1, maximum: 64 }),
    parallelism: Type.Integer({ minimum: 1, maximum: 16 }),
  },
  { ...strict, title: 'Kdf' },
)
export type Kdf = Static<typeof KdfSchema>

export const VaultSchema = Type.Object(
  { version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }), body: Bytes(4096, 'Sealed by the client; opaque') },
  { ...strict, title: 'Vault' },
)

/** Over the label `fastchat name v1`, the user's id and the name: see docs/protocol.md. */
export const NameSignatureSchema = FixedBytes(64, "The account key's signature of user id and username")

export const UserSchema = Type.Object(
  {
    userId: UserIdSchema,
    username: UsernameSchema,
    accountKey: KeySchema,
    nameSig: Type.Optional(NameSignatureSchema),
    deleted: Type.Optional(Type.Literal(true, { description: 'The account is gone; its name and id stay taken' })),
  },
  { ...strict, title: 'User' },
)
export type User = Static<typeof UserSchema>

export const DeviceSchema = Type.Object(
  {
    deviceId: DeviceIdSchema,
    userId: UserIdSchema,
    name: DeviceNameSchema,
    signatureKey: KeySchema,
    credentialSig: SignatureSchema,
    createdAt: Type.String({ format: 'date-time' }),
    keyPackages: Type.Integer({ minimum: 0, description: 'One-time key packages left' }),
  },
  { ...strict, title: 'Device' },
)
export type Device = Static<typeof DeviceSchema>

export const TokensSchema = Type.Object(
  {
    accessToken: Type.String({ description: 'JWT (EdDSA, at+jwt)' }),
    expiresIn: Type.Integer({ description: 'Seconds' }),
    refreshToken: Type.String({ description: 'For one exchange' }),
  },
  { ...strict, title: 'Tokens' },
)
export type Tokens = Static<typeof TokensSchema>

export const EnrolmentSchema = Type.Object(
  {
    user: UserSchema,
    enrolToken: Type.String({ description: 'JWT that only registers or re-opens a device; lives for minutes' }),
    vault: Type.Optional(VaultSchema),
    kdf: Type.Optional(KdfSchema),
  },
  { ...strict, title: 'Enrolment' },
)
export type Enrolment = Static<typeof EnrolmentSchema>
