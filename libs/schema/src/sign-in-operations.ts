import { Type } from 'typebox'
import {
  EnrolmentSchema,
  InviteCodeSchema,
  KdfSchema,
  KeySchema,
  NameSignatureSchema,
  NewKdfSchema,
  NewVaultSchema,
  PasswordSchema,
} from './account.ts'
import { FirstRecoverySchema } from './account-operations.ts'
import { Bytes, UserIdSchema } from './ids.ts'
import { WrittenUsernameSchema } from './names/username.ts'
import { closed, parameters } from './objects.ts'
import { operation } from './operation.ts'

/** The first account state names no other users, so one step of its padding holds it. */
const maxFirstStateBytes = 8 * 1024
const Nothing = Type.Null()

/** The operations that make an account, or prove its password. */
export const signInOperations = {
  kdf: operation({
    method: 'GET',
    path: '/v1/kdf',
    access: 'public',
    summary: 'Get the parameters for deriving the login value of a username; unknown names get the same form',
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
} as const
