import {
  accountKeyOf,
  createAccountKey,
  createDeviceKeys,
  type DeviceIdentity,
  defaultKdf,
  deriveStateKey,
  openVault,
  sealVault,
  signCredential,
  signName,
  signRevocation,
  signSessionProof,
  VaultError,
} from '@fastchat/crypto'
import { verifyNameSignature } from '@fastchat/crypto/verify'
import {
  authOperations,
  type DeviceId,
  type Enrolment,
  fromBase64Url,
  type Kdf,
  type Tokens,
  toBase64Url,
  type User,
} from '@fastchat/schema'
import { emptyContents } from '../account-state/contents.ts'
import { sealContents } from '../account-state/sealed.ts'
import { sealLabel } from '../devices/device-label.ts'
import { ClientError } from '../errors.ts'
import { readLabel, readUsername } from '../names.ts'
import type { Rest } from '../net/rest.ts'
import { newDeviceId, newUserId } from '../new-id.ts'
import { sealedRecovery } from '../own-account/recovery-key.ts'
import type { Identity } from '../store/records.ts'
import { inWorker, type PasswordWork } from './password-work.ts'

/**
 * A person who has proven their password. They may register a device, or open the session of a
 * known one again.
 */
export type Enrolled = {
  readonly enrolment: Enrolment
  readonly accountPrivate: Uint8Array
  /** The key that seals the account state. */
  readonly stateKey: Uint8Array
  /** Says whether the account has a state, by the vault. */
  readonly hasState: boolean
  /**
   * Derived from the password. In homes of former versions it also seals the store key while the
   * device is logged out.
   */
  readonly vaultKey: Uint8Array
}

/** A new account with its recovery key, which is to be shown once and not stored. */
export type SignedUp = Enrolled & { readonly recoveryKey: string }

const vaultVersion = 1
const stateVersion = 1

/**
 * Creates an account. Only the login value leaves the device; the account key leaves sealed, as the
 * vault. `invite` is the code, where sign-up is by invitation. The client chooses the user id,
 * since the account key signs it together with the name.
 *
 * @throws {ServerError} `username_taken`, `signup_closed`, `invite_required`, `invite_invalid`
 * @throws {ClientError} `invalid_name`, `wrong_account` when the server answers with another
 *   account
 */
export async function signUp(
  rest: Rest,
  written: string,
  password: string,
  invite?: string,
  work: PasswordWork = inWorker,
): Promise<SignedUp> {
  const username = readUsername(written)
  const userId = newUserId()
  const salt = work.createSalt()
  const { loginValue, vaultKey } = await work.derive({ password, salt, params: defaultKdf })
  const { accountPrivate, accountKey } = createAccountKey()
  const stateKey = deriveStateKey(accountPrivate)
  const state = await sealContents({ stateKey, userId }, stateVersion, emptyContents)
  const hasState = state !== undefined
  const body = await sealVault({ vaultKey, userId, version: vaultVersion, accountPrivate, hasState })
  const { recoveryKey, ...recovery } = await sealedRecovery({ userId, version: 1, accountPrivate, hasState })
  const enrolment = await rest.call(authOperations.signup, {
    body: {
      username,
      password: loginValue,
      userId,
      accountKey: toBase64Url(accountKey),
      nameSig: toBase64Url(signName(accountPrivate, { userId, username })),
      kdf: { ...defaultKdf, salt: toBase64Url(salt) },
      vault: { version: vaultVersion, body: toBase64Url(body) },
      recovery,
      ...(hasState && { accountState: state }),
      ...(invite !== undefined && { invite }),
    },
  })
  const { user } = enrolment
  if (user.userId !== userId || user.username !== username || user.accountKey !== toBase64Url(accountKey))
    throw new ClientError('wrong_account', 'The server made another account than the one that was asked for')
  return { enrolment, accountPrivate, stateKey, hasState, vaultKey, recoveryKey }
}

/**
 * Opens the account with its password. Uploads the signature of the name when the server has none.
 *
 * @throws {ServerError} `wrong_credentials`
 * @throws {ClientError} `invalid_name`, `wrong_vault` when the server's vault is not this
 *   account's, `wrong_account` when it answers for another name
 */
export async function logIn(
  rest: Rest,
  written: string,
  password: string,
  work: Pick<PasswordWork, 'derive'> = inWorker,
): Promise<Enrolled> {
  const username = readUsername(written)
  const kdf: Kdf = await rest.call(authOperations.kdf, { query: { username } })
  const { salt, ...params } = kdf
  const { loginValue, vaultKey } = await work.derive({ password, salt: fromBase64Url(salt), params })
  const enrolment = await rest.call(authOperations.login, { body: { username, password: loginValue } })
  const { vault, user } = enrolment
  if (user.username !== username) throw new ClientError('wrong_account')
  if (!vault) throw new ClientError('wrong_vault', 'This account has no vault: it was made by another kind of client')
  try {
    const sealed = fromBase64Url(vault.body)
    const { accountPrivate, hasState } = await openVault({
      vaultKey,
      userId: user.userId,
      version: vault.version,
      sealed,
    })
    if (toBase64Url(accountKeyOf(accountPrivate)) !== user.accountKey)
      throw new VaultError('the vault holds another key')
    if (!(await hasSignedName(user)))
      await rest.call(authOperations.signName, {
        token: enrolment.enrolToken,
        body: { nameSig: toBase64Url(signName(accountPrivate, { userId: user.userId, username })) },
      })
    return { enrolment, accountPrivate, stateKey: deriveStateKey(accountPrivate), hasState, vaultKey }
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause
    throw new ClientError('wrong_vault', undefined, { cause })
  }
}

/** Returns whether the server shows a name that the account key has signed. */
async function hasSignedName({ userId, username, accountKey, nameSig }: User): Promise<boolean> {
  if (nameSig === undefined) return false
  const [key, sig] = [fromBase64Url(accountKey), fromBase64Url(nameSig)]
  return await verifyNameSignature({ userId, username, accountKey: key, sig })
}

/**
 * Makes the keys of a new device, with a credential that the account key signs. The server does not
 * know the device yet.
 *
 * @throws {ClientError} `invalid_name`
 */
export function createIdentity(
  { enrolment: { user, kdf }, accountPrivate, stateKey }: Enrolled,
  deviceName: string,
  kind?: string,
): Identity {
  const name = readLabel(deviceName, 'device')
  const deviceId = newDeviceId()
  const { signaturePrivate, signaturePublic } = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { userId: user.userId, deviceId, signatureKey: signaturePublic })
  return {
    userId: user.userId,
    username: user.username,
    deviceId,
    deviceName: name,
    ...(kind !== undefined && { deviceKind: kind }),
    accountKey: user.accountKey,
    credentialSig: toBase64Url(credentialSig),
    signaturePrivate: toBase64Url(signaturePrivate),
    signaturePublic: toBase64Url(signaturePublic),
    ...(kdf && { kdf }),
    stateKey: toBase64Url(stateKey),
  }
}

/**
 * Registers a device whose keys are stored already, so that a crash in between can be repaired.
 * `ending` is another device of the account, which the server revokes first.
 */
export async function registerDevice(
  rest: Rest,
  { enrolment, accountPrivate, stateKey }: Enrolled,
  identity: Identity,
  ending?: DeviceId,
): Promise<Tokens> {
  const { userId, deviceId, deviceName, deviceKind } = identity
  const kind = deviceKind === undefined ? {} : { kind: deviceKind }
  const ends = ending && {
    deviceId: ending,
    statement: toBase64Url(signRevocation(accountPrivate, { userId, deviceId: ending })),
  }

  const { tokens } = await rest.call(authOperations.registerDevice, {
    token: enrolment.enrolToken,
    body: {
      deviceId: identity.deviceId,
      name: identity.deviceName,
      signatureKey: identity.signaturePublic,
      credentialSig: identity.credentialSig,
      label: await sealLabel({ stateKey, userId, deviceId }, { name: deviceName, ...kind }),
      ...kind,
      ...(ends && { ends }),
    },
  })
  return tokens
}

/** Gets new tokens for a registered device, which proves that it still has its key. */
export async function openSession(rest: Rest, { enrolment }: Enrolled, identity: Identity): Promise<Tokens> {
  const proof = signSessionProof(fromBase64Url(identity.signaturePrivate), enrolment.enrolToken)
  const { tokens } = await rest.call(authOperations.openSession, {
    token: enrolment.enrolToken,
    params: { deviceId: identity.deviceId },
    body: { proof: toBase64Url(proof) },
  })
  return tokens
}

export const deviceIdentity = (identity: Identity): DeviceIdentity => ({
  userId: identity.userId,
  deviceId: identity.deviceId,
  accountKey: fromBase64Url(identity.accountKey),
  credentialSig: fromBase64Url(identity.credentialSig),
  signaturePrivate: fromBase64Url(identity.signaturePrivate),
  signaturePublic: fromBase64Url(identity.signaturePublic),
})
