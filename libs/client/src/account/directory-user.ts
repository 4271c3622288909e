import { verifyNameSignature } from '@fastchat/crypto/verify'
import { fromBase64Url, type User, type UserId } from '@fastchat/schema'
import type { Pin } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'

/**
 * A user as the directory shows them. `isSigned` says whether their account key has signed that
 * name.
 */
export type DirectoryUser = { readonly user: User; readonly isSigned: boolean }

/** A claim of the directory that contradicts what this device knows of a user. */
export type Lie = Extract<TroubleCode, 'key_changed' | 'name_changed' | 'name_taken' | 'name_unverified'>

export type Judgement = { readonly pin: Pin; readonly lie?: Lie }

/** Checks the signatures of names. An unreadable signature counts as none. */
export async function checkNames(users: readonly User[]): Promise<DirectoryUser[]> {
  return await Promise.all(users.map(async (user) => ({ user, isSigned: await isNameSigned(user) })))
}

async function isNameSigned({ userId, username, accountKey, nameSig }: User): Promise<boolean> {
  if (nameSig === undefined) return false
  try {
    const [key, sig] = [fromBase64Url(accountKey), fromBase64Url(nameSig)]
    return await verifyNameSignature({ userId, username, accountKey: key, sig })
  } catch {
    return false
  }
}

/**
 * Returns the pin of a user whom the directory shows, given the kept pin. A kept key or signed name
 * stays. `holder` is the user who has this signed name here.
 */
export function judgeUser({ user, isSigned }: DirectoryUser, kept: Pin | undefined, holder?: UserId): Judgement {
  const { userId, username, accountKey, nameSig } = user
  if (kept?.accountKey !== undefined && kept.accountKey !== accountKey) return { pin: kept, lie: 'key_changed' }
  if (kept?.username !== undefined)
    return { pin: kept, ...(kept.username !== username && { lie: 'name_changed' as const }) }
  const { claimed, deleted: _, ...former } = kept ?? {}
  // The key of a deleted account is compared and not pinned: no message will come under it again.
  const isGone = user.deleted === true && former.accountKey === undefined
  const pin: Pin = { ...former, ...(isGone ? { deleted: true as const } : { accountKey }) }
  // A foreign signature is worse than none: that name is not even kept as a claim.
  if (!isSigned)
    return nameSig === undefined ? { pin: { ...pin, claimed: username } } : { pin, lie: 'name_unverified' as const }
  if (holder !== undefined && holder !== userId) return { pin, lie: 'name_taken' }
  const isOther = claimed !== undefined && claimed !== username
  return { pin: { ...pin, username }, ...(isOther && { lie: 'name_changed' as const }) }
}
