import { verifyRevocation } from '@fastchat/crypto/verify'
import { fromBase64Url, toBase64Url } from '@fastchat/schema'
import type { ServerError } from '../errors.ts'
import { getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/**
 * Returns whether an error carries the revocation of this store's device, signed by its own account
 * key. The error code alone proves nothing.
 */
export async function isOwnRevocation({ code, details }: ServerError, store: Store): Promise<boolean> {
  const { statement } = details
  if (code !== 'device_revoked' || typeof statement !== 'string') return false
  const identity = await getRecord<Identity>(store, 'meta', 'identity')
  const claims = await verifyRevocation(bytesOf(statement)).catch(() => undefined)
  return (
    identity !== undefined &&
    claims?.userId === identity.userId &&
    claims.deviceId === identity.deviceId &&
    toBase64Url(claims.accountKey) === identity.accountKey
  )
}

function bytesOf(text: string): Uint8Array {
  try {
    return fromBase64Url(text)
  } catch {
    return new Uint8Array()
  }
}
