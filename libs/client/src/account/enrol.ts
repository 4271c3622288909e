import {
  accountKeyOf,
  createAccountKey,
  defaultKdf,
  deriveStateKey,
  openVault,
  sealVault,
  signName,
  VaultError,
} from '@fastchat/crypto'
import { verifyNameSignature } from '@fastchat/crypto/verify'
import { authOperations, type Enrolment, fromBase64Url, type Kdf, toBase64Url, type User } from '@fastchat/schema'
import { emptyContents } from '../account-state/contents.ts'
import { sealContents } from '../account-state/sealed.ts'
import { ClientError } from '../errors.ts'
import { readUsername } from '../names.ts'
import type { Rest } from '../net/rest.ts'
import { newUserId } from '../new-id.ts'
import { sealedRecovery } from '../own-account/recovery-key.ts'
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
