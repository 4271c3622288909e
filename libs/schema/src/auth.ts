import { Type } from 'typebox'
import {
  DeviceNameSchema,
  DeviceSchema,
  EnrolmentSchema,
  InviteCodeSchema,
  KdfSchema,
  KeySchema,
  NameSignatureSchema,
  PasswordSchema,
  SignatureSchema,
  TokensSchema,
  UsernameSchema,
  UserSchema,
  VaultSchema,
} from './account.ts'
import { Bytes, DeviceIdSchema, UserIdSchema } from './ids.ts'
import { limits } from './limits.ts'
import { operation } from './operation.ts'
import { maxMembers } from './roster.ts'

const strict = { additionalProperties: false } as const
const Nothing = Type.Null()

export const authOperations = {
  kdf: operation({
    method: 'GET',
    path: '/v1/kdf',
    access: 'public',
    summary: 'How to derive the login value of a username; the same shape for unknown names',
    query: Type.Object({ username: UsernameSchema }, strict),
    response: { 200: KdfSchema },
  }),
  signup: operation({
    method: 'POST',
    path: '/v1/signup',
    access: 'public',
    summary: 'Create an account',
    body: Type.Object(
      {
        username: UsernameSchema,
        password: PasswordSchema,
        userId: UserIdSchema,
        accountKey: KeySchema,
        nameSig: NameSignatureSchema,
        kdf: Type.Optional(KdfSchema),
        vault: Type.Optional(VaultSchema),
        invite: Type.Optional(InviteCodeSchema),
      },
      strict,
    ),
    response: { 201: EnrolmentSchema },
  }),
  login: operation({
    method: 'POST',
    path: '/v1/login',
    access: 'public',
    summary: 'Sign in; answers with a token that registers a device or re-opens one',
    body: Type.Object({ username: UsernameSchema, password: PasswordSchema }, strict),
    response: { 200: EnrolmentSchema },
  }),
  signName: operation({
    method: 'POST',
    path: '/v1/users/name',
    access: 'enrol',
    summary: 'Give an account from before names were signed its statement; a statement that is there stays',
    body: Type.Object({ nameSig: NameSignatureSchema }, strict),
    response: { 204: Nothing },
  }),
  registerDevice: operation({
    method: 'POST',
    path: '/v1/devices',
    access: 'enrol',
    summary: 'Register a device whose key the account key has signed',
    body: Type.Object(
      { deviceId: DeviceIdSchema, name: DeviceNameSchema, signatureKey: KeySchema, credentialSig: SignatureSchema },
      strict,
    ),
    response: { 201: Type.Object({ device: DeviceSchema, tokens: TokensSchema }, strict) },
  }),
  openSession: operation({
    method: 'POST',
    path: '/v1/devices/:deviceId/session',
    access: 'enrol',
    summary: 'New tokens for a registered device; it proves its key over the enrol token',
    params: Type.Object({ deviceId: DeviceIdSchema }, strict),
    body: Type.Object({ proof: SignatureSchema }, strict),
    response: { 200: Type.Object({ device: DeviceSchema, tokens: TokensSchema }, strict) },
  }),
  listDevices: operation({
    method: 'GET',
    path: '/v1/devices',
    access: 'device',
    summary: 'The devices of the signed-in user',
    response: { 200: Type.Object({ devices: Type.Array(DeviceSchema) }, strict) },
  }),
  refresh: operation({
    method: 'POST',
    path: '/v1/token/refresh',
    access: 'public',
    summary: 'Exchange a refresh token; using an old one again ends the session',
    description:
      'A used token gives the same successor again for `refreshRepeatMs`, until that successor is used: the answer may have been lost. After that, a used token ends the session: it was stolen.',
    body: Type.Object({ refreshToken: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
    response: { 200: TokensSchema },
  }),
  logout: operation({
    method: 'POST',
    path: '/v1/logout',
    access: 'public',
    summary: 'End the session of a refresh token; unknown ones are ignored',
    body: Type.Object({ refreshToken: Type.String({ minLength: 1, maxLength: 256 }) }, strict),
    response: { 204: Nothing },
  }),
  searchUsers: operation({
    method: 'GET',
    path: '/v1/users',
    access: 'device',
    summary: 'Users whose name begins with `query`, by name, a page at a time',
    query: Type.Object(
      {
        query: Type.Optional(Type.String({ maxLength: 32 })),
        after: Type.Optional(UsernameSchema),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.maxPage })),
      },
      strict,
    ),
    response: { 200: Type.Object({ users: Type.Array(UserSchema), next: Type.Optional(UsernameSchema) }, strict) },
  }),
  lookUpUsers: operation({
    method: 'POST',
    path: '/v1/users/lookup',
    access: 'device',
    summary: 'Users by id; unknown ids are left out',
    body: Type.Object({ userIds: Type.Array(UserIdSchema, { minItems: 1, maxItems: maxMembers }) }, strict),
    response: { 200: Type.Object({ users: Type.Array(UserSchema) }, strict) },
  }),
  getUser: operation({
    method: 'GET',
    path: '/v1/users/:username',
    access: 'device',
    summary: 'One user by exact name',
    params: Type.Object({ username: UsernameSchema }, strict),
    response: { 200: UserSchema },
  }),
  claimKeyPackages: operation({
    method: 'POST',
    path: '/v1/key-packages/claim',
    access: 'device',
    summary:
      "One key package for each device of a user but the calling one; each is given out once, but a device's last-resort one",
    body: Type.Object({ userId: UserIdSchema }, strict),
    response: {
      200: Type.Object(
        {
          user: UserSchema,
          keyPackages: Type.Array(
            Type.Object(
              {
                deviceId: DeviceIdSchema,
                keyPackage: Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage'),
                lastResort: Type.Boolean(),
              },
              strict,
            ),
          ),
          missing: Type.Array(DeviceIdSchema, { description: 'Devices with none left: they join by themselves later' }),
        },
        strict,
      ),
    },
  }),
  uploadKeyPackages: operation({
    method: 'POST',
    path: '/v1/key-packages',
    access: 'device',
    summary: 'Add key packages of the signed-in device; one flagged last-resort replaces the former',
    body: Type.Object(
      {
        keyPackages: Type.Array(Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage'), {
          minItems: 1,
          maxItems: 16,
        }),
        lastResort: Type.Optional(Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage flagged last-resort')),
      },
      strict,
    ),
    response: { 200: Type.Object({ count: Type.Integer({ minimum: 0 }) }, strict) },
  }),
  countKeyPackages: operation({
    method: 'GET',
    path: '/v1/key-packages/count',
    access: 'device',
    summary: 'One-time key packages left of the signed-in device, and whether a last-resort one is there',
    response: { 200: Type.Object({ count: Type.Integer({ minimum: 0 }), lastResort: Type.Boolean() }, strict) },
  }),
  jwks: operation({
    method: 'GET',
    path: '/.well-known/jwks.json',
    access: 'public',
    summary: 'Public keys of the access tokens (RFC 7517)',
    response: { 200: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }, strict) },
  }),
} as const
