import { Type } from 'typebox'
import {
  DeviceNameSchema,
  DeviceSchema,
  EndedDeviceSchema,
  EnrolmentSchema,
  InviteCodeSchema,
  KdfSchema,
  KeySchema,
  NameSignatureSchema,
  NewKdfSchema,
  NewVaultSchema,
  PasswordSchema,
  RevocationSchema,
  SessionSchema,
  SignatureSchema,
  TokensSchema,
  UserSchema,
} from './account.ts'
import { accountOperations, FirstRecoverySchema } from './account-operations.ts'
import { DeviceKindSchema, SealedLabelSchema } from './device-label.ts'
import { deviceOperations } from './devices.ts'
import { Bytes, DeviceIdSchema, UserIdSchema } from './ids.ts'
import { limits } from './limits.ts'
import { UsernameSchema, WrittenUsernameSchema } from './names/username.ts'
import { closed, open, parameters } from './objects.ts'
import { operation } from './operation.ts'
import { ownRecordOperations } from './own-records.ts'
import { maxMembers } from './roster.ts'

const Nothing = Type.Null()
/** The first account state names no other users, so one step of its padding holds it. */
const maxFirstStateBytes = 8 * 1024
/** The largest `int` of PostgreSQL. */
const maxVersion = 2 ** 31 - 1
const RefreshTokenSchema = Type.String({ minLength: 1, maxLength: 256, examples: ['0195f3a0….1.…'] })

export const authOperations = {
  ...accountOperations,
  ...deviceOperations,
  kdf: operation({
    method: 'GET',
    path: '/v1/kdf',
    access: 'public',
    summary: 'Get the parameters for deriving the login key of a username; unknown names get the same form',
    query: parameters({ username: WrittenUsernameSchema }),
    response: { 200: KdfSchema },
  }),
  signup: operation({
    method: 'POST',
    path: '/v1/signup',
    access: 'public',
    summary: 'Create an account',
    body: closed('SignUp', {
      username: WrittenUsernameSchema,
      password: PasswordSchema,
      userId: UserIdSchema,
      accountKey: KeySchema,
      nameSig: NameSignatureSchema,
      kdf: Type.Optional(NewKdfSchema),
      vault: Type.Optional(NewVaultSchema),
      accountState: Type.Optional(Bytes(maxFirstStateBytes, 'Version 1 of the account state, sealed; opaque')),
      invite: Type.Optional(InviteCodeSchema),
      recovery: Type.Optional(FirstRecoverySchema),
    }),
    response: { 201: EnrolmentSchema },
    errors: ['username_taken', 'conflict', 'name_invalid', 'signup_closed', 'invite_required', 'invite_invalid'],
  }),
  login: operation({
    method: 'POST',
    path: '/v1/login',
    access: 'public',
    summary: 'Sign in; returns a token that may register a device or open a session again',
    body: closed('Login', { username: WrittenUsernameSchema, password: PasswordSchema }),
    response: { 200: EnrolmentSchema },
    errors: ['wrong_credentials', 'account_disabled'],
  }),
  signName: operation({
    method: 'POST',
    path: '/v1/users/name',
    access: 'enrol',
    summary: 'Add the name signature of an account that has none; an existing signature stays',
    body: closed('SignedName', { nameSig: NameSignatureSchema }),
    response: { 204: Nothing },
    errors: ['name_invalid'],
  }),
  registerDevice: operation({
    method: 'POST',
    path: '/v1/devices',
    access: 'enrol',
    summary: 'Register a device whose key is signed by the account key',
    description:
      'With `ends`, another device of the account is revoked first. When the account has too many devices, `details.devices` of the error lists them (deviceId, name, usedAt), the one that was idle for the longest time first.',
    body: closed('NewDevice', {
      deviceId: DeviceIdSchema,
      name: DeviceNameSchema,
      signatureKey: KeySchema,
      credentialSig: SignatureSchema,
      kind: Type.Optional(DeviceKindSchema),
      label: Type.Optional(SealedLabelSchema),
      ends: Type.Optional(EndedDeviceSchema),
    }),
    response: { 201: SessionSchema },
    errors: [
      'credential_invalid',
      'device_exists',
      'too_many_devices',
      'account_disabled',
      'not_found',
      'revocation_invalid',
    ],
  }),
  openSession: operation({
    method: 'POST',
    path: '/v1/devices/:deviceId/session',
    access: 'enrol',
    summary: 'Get new tokens for a registered device, which signs the enrol token with its key',
    params: parameters({ deviceId: DeviceIdSchema }),
    body: closed('SessionProof', { proof: SignatureSchema }),
    response: { 200: SessionSchema },
    errors: ['not_found', 'forbidden', 'account_disabled', 'device_revoked'],
  }),
  listDevices: operation({
    method: 'GET',
    path: '/v1/devices',
    access: 'device',
    summary: 'List the devices of the signed-in user',
    response: { 200: open('DeviceList', { devices: Type.Array(DeviceSchema) }) },
  }),
  revokeDevice: operation({
    method: 'DELETE',
    path: '/v1/devices/:deviceId',
    access: 'device',
    summary: 'Revoke a device of the signed-in user, permanently; a second call does nothing',
    description:
      'The account key signs the statement: see docs/encodings.md. The session of the device ends and its key packages are deleted. The statement becomes an entry of every conversation in which the device has a leaf: sends there are rejected with `commit_first` until a commit removes the leaf.',
    params: parameters({ deviceId: DeviceIdSchema }),
    query: parameters({ statement: RevocationSchema }),
    response: { 204: Nothing },
    errors: ['not_found', 'revocation_invalid'],
  }),
  refresh: operation({
    method: 'POST',
    path: '/v1/token/refresh',
    access: 'public',
    summary: 'Exchange a refresh token; using an old token again ends the session',
    description:
      'The answer may be lost, so a used token returns the same successor for `refreshRepeatMs`, until that successor is used. After that, a used token counts as stolen and ends the session. `session_idle` has the days of the server’s limit in `details.days`.',
    body: closed('Refresh', { refreshToken: RefreshTokenSchema }),
    response: { 200: TokensSchema },
    errors: ['refresh_invalid', 'device_revoked', 'session_idle'],
  }),
  logout: operation({
    method: 'POST',
    path: '/v1/logout',
    access: 'public',
    summary: 'End the session of a refresh token; unknown tokens are ignored',
    body: closed('Logout', { refreshToken: RefreshTokenSchema }),
    response: { 204: Nothing },
  }),
  searchUsers: operation({
    method: 'GET',
    path: '/v1/users',
    access: 'device',
    summary: 'List the users whose name begins with `query`, by name, a page at a time',
    query: parameters({
      query: Type.Optional(Type.String({ maxLength: 32 })),
      after: Type.Optional(UsernameSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxPage })),
    }),
    response: { 200: open('UserPage', { users: Type.Array(UserSchema), next: Type.Optional(UsernameSchema) }) },
  }),
  lookUpUsers: operation({
    method: 'POST',
    path: '/v1/users/lookup',
    access: 'device',
    summary: 'Get users by id; unknown ids are left out',
    body: closed('UserLookup', { userIds: Type.Array(UserIdSchema, { minItems: 1, maxItems: maxMembers }) }),
    response: { 200: open('UserList', { users: Type.Array(UserSchema) }) },
  }),
  getUser: operation({
    method: 'GET',
    path: '/v1/users/:username',
    access: 'device',
    summary: 'Get one user by name',
    params: parameters({ username: WrittenUsernameSchema }),
    response: { 200: UserSchema },
    errors: ['not_found'],
  }),
  claimKeyPackages: operation({
    method: 'POST',
    path: '/v1/key-packages/claim',
    access: 'device',
    summary:
      'Claim one key package for each device of a user except the calling device; only last-resort ones are given out again',
    body: closed('KeyPackageClaim', { userId: UserIdSchema }),
    response: {
      200: open('ClaimedKeyPackages', {
        user: UserSchema,
        keyPackages: Type.Array(
          open('ClaimedKeyPackage', {
            deviceId: DeviceIdSchema,
            keyPackage: Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage'),
            lastResort: Type.Boolean(),
          }),
        ),
        missing: Type.Array(DeviceIdSchema, {
          description: 'Devices that have none left; they join later by an external commit',
        }),
      }),
    },
    errors: ['not_found'],
  }),
  uploadKeyPackages: operation({
    method: 'POST',
    path: '/v1/key-packages',
    access: 'device',
    summary: 'Add key packages of the signed-in device; a last-resort one replaces the previous one',
    body: closed('KeyPackageUpload', {
      keyPackages: Type.Array(Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage'), {
        minItems: 1,
        maxItems: limits.maxKeyPackagesPerUpload,
      }),
      lastResort: Type.Optional(Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage flagged last-resort')),
    }),
    response: { 200: open('KeyPackageCount', { count: Type.Integer({ minimum: 0 }) }) },
    errors: ['key_package_invalid', 'key_packages_full'],
  }),
  countKeyPackages: operation({
    method: 'GET',
    path: '/v1/key-packages/count',
    access: 'device',
    summary: 'Count the one-time key packages of the signed-in device; tells whether it has a last-resort one',
    response: { 200: open('KeyPackageStock', { count: Type.Integer({ minimum: 0 }), lastResort: Type.Boolean() }) },
  }),
  getAccountState: operation({
    method: 'GET',
    path: '/v1/account/state',
    access: 'device',
    summary: 'Get the version of the account state, and its bytes if the version is above `after`',
    query: parameters({ after: Type.Optional(Type.Integer({ minimum: 0, maximum: maxVersion, examples: [7] })) }),
    response: {
      200: open('AccountState', {
        version: Type.Integer({ minimum: 0, maximum: maxVersion, description: '0 when none is stored' }),
        body: Type.Optional(Bytes(limits.maxAccountStateBytes, 'Sealed by the client; opaque to the server')),
      }),
    },
  }),
  putAccountState: operation({
    method: 'PUT',
    path: '/v1/account/state',
    access: 'device',
    summary: 'Store the next version of the account state; of two devices that send the same version one is rejected',
    body: closed('NewAccountState', {
      version: Type.Integer({ minimum: 1, maximum: maxVersion, description: 'The stored version plus 1' }),
      body: Bytes(limits.maxAccountStateBytes, 'Sealed by the client; opaque to the server'),
    }),
    response: { 200: open('AccountStateVersion', { version: Type.Integer({ minimum: 1, maximum: maxVersion }) }) },
    errors: ['stale_version'],
  }),
  ...ownRecordOperations,
  getBackup: operation({
    method: 'GET',
    path: '/v1/account/backup',
    access: 'device',
    summary: 'Get the version of the backup’s index, and its bytes if the version is above `after`',
    query: parameters({ after: Type.Optional(Type.Integer({ minimum: 0, maximum: maxVersion, examples: [7] })) }),
    response: {
      200: open('AccountBackup', {
        version: Type.Integer({ minimum: 0, maximum: maxVersion, description: '0 when none is stored' }),
        body: Type.Optional(Bytes(limits.maxBackupIndexBytes, 'Sealed by the client; opaque to the server')),
      }),
    },
  }),
  putBackup: operation({
    method: 'PUT',
    path: '/v1/account/backup',
    access: 'device',
    summary: 'Store the next version of the backup’s index; of two devices that send the same version one is rejected',
    body: closed('NewAccountBackup', {
      version: Type.Integer({ minimum: 1, maximum: maxVersion, description: 'The stored version plus 1' }),
      body: Bytes(limits.maxBackupIndexBytes, 'Sealed by the client; opaque to the server'),
    }),
    response: { 200: open('AccountBackupVersion', { version: Type.Integer({ minimum: 1, maximum: maxVersion }) }) },
    errors: ['stale_version'],
  }),
  jwks: operation({
    method: 'GET',
    path: '/.well-known/jwks.json',
    access: 'public',
    summary: 'Get the public keys that verify access tokens (RFC 7517)',
    response: { 200: open('Jwks', { keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }) },
  }),
} as const
