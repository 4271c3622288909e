import { type Static, Type } from 'typebox'
import {
  DeviceNameSchema,
  InviteCodeSchema,
  NewKdfSchema,
  NewVaultSchema,
  PasswordSchema,
  UserSchema,
  VaultSchema,
} from './account.ts'
import { Bytes, DeviceIdSchema, FixedBytes } from './ids.ts'
import { WrittenUsernameSchema } from './names/username.ts'
import { closed, open } from './objects.ts'
import { operation } from './operation.ts'

const Nothing = Type.Null()
/** The largest `int` of PostgreSQL. */
const maxVersion = 2 ** 31 - 1
const Version = Type.Integer({ minimum: 1, maximum: maxVersion })
const moment = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-01-31T12:00:00.000Z'] })
const RecoveryBody = Bytes(4096, 'The account key, sealed by the client under the recovery key; opaque to the server')
const RecoveryVerifier = FixedBytes(32, 'SHA-256 of the login value of the recovery key')

/** The note is about 350 bytes long. */
const PasswordNoteSchema = Bytes(1024, 'The account key signs that there is another password, and how it was set')

/** A sealed copy of the account key, which a recovery key opens, and how that key is checked. */
export const FirstRecoverySchema = closed('FirstRecovery', { verifier: RecoveryVerifier, body: RecoveryBody })

/** A sealed copy of the account key. The recovery key opens it. */
export const RecoveryCopySchema = open('RecoveryCopy', { version: Version, body: RecoveryBody })
export type RecoveryCopy = Static<typeof RecoveryCopySchema>

export const OwnSessionSchema = open('OwnSession', {
  deviceId: DeviceIdSchema,
  name: DeviceNameSchema,
  usedAt: moment('When it last signed in or refreshed its token'),
  expiresAt: moment('When it ends unless it is used before'),
  current: Type.Boolean({ description: 'It is the session of the caller' }),
})
export type OwnSession = Static<typeof OwnSessionSchema>

/** The operations by which people look after their own account. */
export const accountOperations = {
  checkName: operation({
    method: 'POST',
    path: '/v1/signup/name',
    access: 'public',
    summary: 'Tell whether a name can be signed up with now; counts as a sign-up and uses nothing up',
    body: closed('NameCheck', { username: WrittenUsernameSchema, invite: Type.Optional(InviteCodeSchema) }),
    response: { 204: Nothing },
    errors: ['username_taken', 'signup_closed', 'invite_required', 'invite_invalid'],
  }),
  recover: operation({
    method: 'POST',
    path: '/v1/login/recovery',
    access: 'public',
    summary: 'Sign in with the recovery key; returns the sealed copy that it opens, and a token to set a password',
    body: closed('Recovery', {
      username: WrittenUsernameSchema,
      recovery: FixedBytes(32, 'The login value of the recovery key'),
    }),
    response: {
      200: open('Recovered', {
        user: UserSchema,
        enrolToken: Type.String({ description: 'As that of a login', examples: ['eyJ…'] }),
        recovery: RecoveryCopySchema,
        vault: Type.Optional(VaultSchema),
      }),
    },
    errors: ['recovery_wrong', 'account_disabled'],
  }),
  setPassword: operation({
    method: 'PUT',
    path: '/v1/account/password',
    access: 'enrol',
    summary: 'Replace the password and the vault; of two changes at once one is rejected',
    description:
      'The enrol token must come from a login after the last change. With `endOthers`, the same step ends all sessions but that of the device `keep`, if it is given. The same request again does nothing. `note` tells the devices of the account: see docs/encodings.md. It must be there when the enrol token is that of a recovery key.',
    body: closed('NewPassword', {
      password: PasswordSchema,
      kdf: NewKdfSchema,
      vault: NewVaultSchema,
      endOthers: Type.Optional(Type.Boolean()),
      keep: Type.Optional(DeviceIdSchema),
      note: Type.Optional(PasswordNoteSchema),
    }),
    response: { 204: Nothing },
    errors: ['stale_version', 'password_note_invalid'],
  }),
  getPasswordNote: operation({
    method: 'GET',
    path: '/v1/account/password',
    access: 'device',
    summary: 'Get the note of the last change of the password of the signed-in user',
    response: { 200: open('LastPasswordNote', { note: Type.Optional(PasswordNoteSchema) }) },
  }),
  getRecovery: operation({
    method: 'GET',
    path: '/v1/account/recovery',
    access: 'device',
    summary: 'Get the sealed copy that the recovery key of the signed-in user opens',
    response: {
      200: open('OwnRecovery', {
        recovery: Type.Optional(RecoveryCopySchema),
        createdAt: Type.Optional(moment('When this recovery key was made')),
      }),
    },
  }),
  putRecovery: operation({
    method: 'PUT',
    path: '/v1/account/recovery',
    access: 'enrol',
    summary: 'Replace the recovery key; the former one opens nothing from then on',
    description:
      'The enrol token must come from a login with the password, after its last change. `version` is that of the former copy plus 1, or 1. The same request again does nothing.',
    body: closed('NewRecovery', { version: Version, verifier: RecoveryVerifier, body: RecoveryBody }),
    response: { 204: Nothing },
    errors: ['stale_version'],
  }),
  listSessions: operation({
    method: 'GET',
    path: '/v1/account/sessions',
    access: 'device',
    summary: 'List the sessions of the signed-in user, the last used first',
    response: { 200: open('SessionList', { sessions: Type.Array(OwnSessionSchema) }) },
  }),
  endSessions: operation({
    method: 'POST',
    path: '/v1/account/sessions/end',
    access: 'device',
    summary: 'End all sessions of the signed-in user, all but this one, or that of one device; the devices stay',
    body: closed('SessionEnd', {
      keepThis: Type.Boolean(),
      only: Type.Optional(DeviceIdSchema),
    }),
    response: { 200: open('EndedSessions', { ended: Type.Integer({ minimum: 0 }) }) },
  }),
  deleteAccount: operation({
    method: 'POST',
    path: '/v1/account/delete',
    access: 'enrol',
    summary: 'Delete the account of the signed-in user permanently; its name stays taken',
    description:
      'Leave the conversations before: a deleted account can sign nothing. The enrol token must come from a login after the last change of the password. `username` repeats the name. The same request again does nothing.',
    body: closed('AccountDeletion', { username: WrittenUsernameSchema }),
    response: { 204: Nothing },
    errors: ['name_differs'],
  }),
} as const
