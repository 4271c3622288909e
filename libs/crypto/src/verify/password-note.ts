import { FixedBytes, formOf, toBase64Url, type UserId, UserIdSchema } from '@fastchat/schema'
import { type Static, Type } from 'typebox'
import { HandshakeError } from './handshake-error.ts'
import { bytesOfField, encodeJson, readCanonicalJson } from './json-statement.ts'
import { isSignedBy, signedBytes } from './signature.ts'

/** The ways in which a person proves that the account is theirs. */
export type PasswordWay = 'password' | 'recovery'

/**
 * A user's note that the account has another password. The version is that of the vault which the
 * new password opens, so no two changes have the same.
 */
export interface PasswordNoteClaims {
  userId: UserId
  version: number
  /** `recovery`: the person did not know the former password, and used the recovery key. */
  by: PasswordWay
  /** The account's Ed25519 public key, 32 bytes. */
  accountKey: Uint8Array
}

const label = 'fastchat password note v1'
/** The largest `int` of PostgreSQL, which numbers the vaults. */
const maxVersion = 2 ** 31 - 1

const PasswordNoteSchema = Type.Object(
  {
    v: Type.Literal(1),
    userId: UserIdSchema,
    version: Type.Integer({ minimum: 1, maximum: maxVersion }),
    by: Type.Union([Type.Literal('password'), Type.Literal('recovery')]),
    accountKey: FixedBytes(32, 'Ed25519 public key of the account'),
    sig: FixedBytes(64, "The account key's signature"),
  },
  { additionalProperties: false },
)
const form = formOf(PasswordNoteSchema)

/** Returns the bytes that the account key signs when it gets another password. */
export function passwordNoteSignedBytes({ userId, version, by }: Omit<PasswordNoteClaims, 'accountKey'>): Uint8Array {
  return signedBytes(label, [userId, String(version), by])
}

/** Encodes the note as UTF-8 JSON with its keys in fixed order. */
export function encodePasswordNote({
  userId,
  version,
  by,
  ...keys
}: PasswordNoteClaims & { sig: Uint8Array }): Uint8Array {
  const [accountKey, sig] = [toBase64Url(keys.accountKey), toBase64Url(keys.sig)]
  return encodePasswordNoteJson({ v: 1, userId, version, by, accountKey, sig })
}

/**
 * Reads a note and checks its signature. The caller must compare user and account key with the
 * account.
 *
 * @throws HandshakeError `malformed`, `bad_signature`
 */
export async function verifyPasswordNote(note: Uint8Array): Promise<PasswordNoteClaims> {
  const { sig, ...rest } = readCanonicalJson(note, form, encodePasswordNoteJson)
  const { userId, version, by } = rest
  const claims = { userId, version, by, accountKey: bytesOfField(rest.accountKey) }
  if (!(await isSignedBy(claims.accountKey, passwordNoteSignedBytes(claims), bytesOfField(sig))))
    throw new HandshakeError('bad_signature', 'password note not signed by the account key')
  return claims
}

const encodePasswordNoteJson = ({
  v,
  userId,
  version,
  by,
  accountKey,
  sig,
}: Static<typeof PasswordNoteSchema>): Uint8Array => encodeJson({ v, userId, version, by, accountKey, sig })
