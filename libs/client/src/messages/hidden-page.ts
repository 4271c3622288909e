import { type DeviceIdentity, isHiddenPage, signHiddenPage } from '@fastchat/crypto'
import { verifyDeviceSignature } from '@fastchat/crypto/verify'
import { type DeviceId, fromBase64Url, type MessageId, toBase64Url, uuidPattern } from '@fastchat/schema'

/** Messages that the user has deleted for itself on one device. */
export type HiddenPage = { readonly page: number; readonly ids: readonly MessageId[] }

/** The keys of a device, as far as pages need them. */
export type PageSigner = Pick<
  DeviceIdentity,
  'userId' | 'deviceId' | 'accountKey' | 'credentialSig' | 'signaturePrivate' | 'signaturePublic'
>

const isId = new RegExp(uuidPattern)

/** Returns a page as a record holds it: signed by this device, whose key the account key signs. */
export function encodePage(signer: PageSigner, page: HiddenPage): Readonly<Record<string, unknown>> {
  const { userId, deviceId, credentialSig, signaturePrivate, signaturePublic } = signer
  return {
    ...page,
    key: toBase64Url(signaturePublic),
    credential: toBase64Url(credentialSig),
    sig: toBase64Url(signHiddenPage(signaturePrivate, { userId, deviceId, ...page })),
  }
}

/**
 * Returns the page that a device of this account has signed. Undefined for a value of another form,
 * and for one that another device has made up: a revoked device knows the keys of the records.
 */
export async function decodePage(
  { userId, accountKey }: Pick<PageSigner, 'userId' | 'accountKey'>,
  deviceId: DeviceId,
  value: unknown,
): Promise<HiddenPage | undefined> {
  const page = pageIn(value)
  if (page === undefined || typeof value !== 'object' || value === null) return undefined
  const [signatureKey, credential, sig] = ['key', 'credential', 'sig'].map((name) => bytesIn(value, name))
  if (!signatureKey || !credential || !sig) return undefined
  const isDevice = await verifyDeviceSignature({ userId, deviceId, accountKey, signatureKey, sig: credential })
  return isDevice && (await isHiddenPage(signatureKey, { userId, deviceId, ...page }, sig)) ? page : undefined
}

/** Returns a page without a look at its signature: only for the records of this device. */
export function pageIn(value: unknown): HiddenPage | undefined {
  if (typeof value !== 'object' || value === null || !('page' in value) || !('ids' in value)) return undefined
  const { page, ids } = value
  if (!Number.isSafeInteger(page) || !Array.isArray(ids)) return undefined
  if (!ids.every((id) => typeof id === 'string' && isId.test(id))) return undefined
  // The casts hold: the page is an integer, and each id has the form of one.
  return { page: page as number, ids: ids as MessageId[] }
}

function bytesIn(value: object, name: string): Uint8Array | undefined {
  const text: unknown = Object.entries(value).find(([key]) => key === name)?.[1]
  try {
    return typeof text === 'string' ? fromBase64Url(text) : undefined
  } catch {
    return undefined
  }
}
