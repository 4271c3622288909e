import { type Static, Type } from 'typebox'
import { DeviceKindSchema, SealedLabelSchema } from './device-label.ts'
import { Bytes, DeviceIdSchema, FixedBytes, UserIdSchema } from './ids.ts'
import { maxLabelCodePoints } from './names/label.ts'
import { UsernameSchema } from './names/username.ts'
import { closed, open } from './objects.ts'

/** A key that the client derives from the password. The server never gets the password itself. */
export const PasswordSchema = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'A key that the client derives from the password; opaque to the server',
  examples: ['opaque'],
})
export const DeviceNameSchema = Type.String({
  minLength: 1,
  maxLength: maxLabelCodePoints,
  description: 'A label of 1 to 64 letters: see docs/encodings.md',
  examples: ['a terminal'],
})
export const KeySchema = FixedBytes(32, 'Ed25519 public key')
export const SignatureSchema = FixedBytes(64, 'Ed25519 signature')

/** A revocation statement takes about 290 bytes of JSON: see docs/encodings.md. */
export const RevocationSchema = Bytes(1024, 'Revocation of a device, signed by the account key')

/** The operator makes invitation codes. Case and dashes do not matter. */
export const InviteCodeSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Required while sign-up is by invitation; ignored otherwise',
  examples: ['7K2M-9QXV'],
})

const kdfFields = {
  algorithm: Type.Literal('argon2id'),
  salt: FixedBytes(16, 'Random bytes that the client makes at sign-up'),
  memoryKiB: Type.Integer({ minimum: 8, maximum: 1024 * 1024, examples: [65_536] }),
  iterations: Type.Integer({ minimum: 1, maximum: 64, examples: [3] }),
  parallelism: Type.Integer({ minimum: 1, maximum: 16, examples: [1] }),
}
const vaultFields = {
  version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
  body: Bytes(4096, 'Sealed by the client; opaque to the server'),
}

/**
 * Parameters by which the client derives the login value from the password (argon2id, RFC 9106).
 * Opaque to the server.
 */
export const KdfSchema = open('Kdf', kdfFields)
export const NewKdfSchema = closed('NewKdf', kdfFields)
export type Kdf = Static<typeof KdfSchema>

export const VaultSchema = open('Vault', vaultFields)
export const NewVaultSchema = closed('NewVault', vaultFields)

/** The signature covers `fastchat name v1`, the user's id and the name: see docs/protocol.md. */
export const NameSignatureSchema = FixedBytes(64, "The account key's signature of user id and username")

export const UserSchema = open('User', {
  userId: UserIdSchema,
  username: UsernameSchema,
  accountKey: KeySchema,
  nameSig: Type.Optional(NameSignatureSchema),
  deleted: Type.Optional(Type.Literal(true, { description: 'The account was deleted; its name and id stay reserved' })),
})
export type User = Static<typeof UserSchema>

export const DeviceSchema = open('Device', {
  deviceId: DeviceIdSchema,
  userId: UserIdSchema,
  name: DeviceNameSchema,
  signatureKey: KeySchema,
  credentialSig: SignatureSchema,
  createdAt: Type.String({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] }),
  keyPackages: Type.Integer({ minimum: 0, description: 'One-time key packages left' }),
  kind: Type.Optional(DeviceKindSchema),
  label: Type.Optional(SealedLabelSchema),
  usedAt: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'The hour in which it last signed in or refreshed its token; in lists only',
      examples: ['2026-01-31T12:00:00.000Z'],
    }),
  ),
  session: Type.Optional(
    Type.Unsafe<'open' | 'ended' | 'idle'>({
      type: 'string',
      pattern: '^[a-z]+$',
      'x-extensible-enum': ['open', 'ended', 'idle'],
      examples: ['open'],
      description:
        'In lists only. `ended`: it signed out, or was signed out; `idle`: it was signed out because nobody used it',
    }),
  ),
})
export type Device = Static<typeof DeviceSchema>

/**
 * A device in the `details` of `too_many_devices`. The device that was idle for the longest time
 * comes first.
 */
export const IdleDeviceSchema = open('IdleDevice', {
  deviceId: DeviceIdSchema,
  name: DeviceNameSchema,
  usedAt: Type.String({ format: 'date-time', description: 'When it last signed in or refreshed its token' }),
})
export type IdleDevice = Static<typeof IdleDeviceSchema>

/** Names a device that is to be revoked, and carries the statement signed by the account key. */
export const EndedDeviceSchema = closed('EndedDevice', { deviceId: DeviceIdSchema, statement: RevocationSchema })

export const TokensSchema = open('Tokens', {
  accessToken: Type.String({ description: 'JWT (EdDSA, at+jwt)', examples: ['eyJ…'] }),
  expiresIn: Type.Integer({ description: 'Seconds', examples: [600] }),
  refreshToken: Type.String({ description: 'Valid for one exchange', examples: ['0195f3a0….1.…'] }),
})
export type Tokens = Static<typeof TokensSchema>

export const SessionSchema = open('Session', { device: DeviceSchema, tokens: TokensSchema })

export const EnrolmentSchema = open('Enrolment', {
  user: UserSchema,
  enrolToken: Type.String({
    description: 'JWT that may only register a device or open a session again; valid for minutes',
    examples: ['eyJ…'],
  }),
  vault: Type.Optional(VaultSchema),
  kdf: Type.Optional(KdfSchema),
})
export type Enrolment = Static<typeof EnrolmentSchema>
