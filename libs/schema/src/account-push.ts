import { type Static, Type } from 'typebox'

/**
 * The parts of an account whose change a pod pushes: own-device records, account state, devices,
 * sessions, the backup of the history, and the password.
 */
export const accountParts = ['records', 'state', 'devices', 'sessions', 'backup', 'password'] as const
export type AccountPart = (typeof accountParts)[number]

/** Clients ignore names that they do not know, so later servers may add some. */
export const AccountPartSchema = Type.Unsafe<AccountPart>({
  type: 'string',
  maxLength: 64,
  'x-extensible-enum': accountParts,
  description: 'The part of the account that changed',
})
export type AccountPush = { readonly changed: Static<typeof AccountPartSchema> }
