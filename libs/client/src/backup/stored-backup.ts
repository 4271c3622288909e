import { BackupError, openBackupIndex, sealBackupIndex } from '@fastchat/crypto'
import {
  type BackupIndex,
  type BackupKey,
  formOf,
  fromBase64Url,
  type StoredBackup,
  StoredBackupSchema,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { decodeIndex, encodeIndex } from './index-contents.ts'

/** The backup keys that a device holds, by generation. */
export type OpenKeys = ReadonlyMap<number, Uint8Array>

const form = formOf(StoredBackupSchema)

/** Returns the bytes that auth keeps, base64url: sealed keys, and the index under the newest. */
export async function encodeStored(
  { userId, version }: { readonly userId: UserId; readonly version: number },
  keys: readonly BackupKey[],
  opened: OpenKeys,
  index: BackupIndex,
): Promise<string> {
  const generation = newestOf(keys)
  const key = opened.get(generation)
  if (!key) throw new BackupError('this device lacks the newest backup key')
  const sealed = await sealBackupIndex(key, { userId, generation, version }, await encodeIndex(index))
  const stored: StoredBackup = { v: 1, keys: [...keys], index: toBase64Url(sealed) }
  return toBase64Url(new TextEncoder().encode(JSON.stringify(stored)))
}

/** @throws {BackupError} when the server's bytes have another form */
export function decodeStored(body: string): StoredBackup {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(fromBase64Url(body)))
  } catch (cause) {
    throw new BackupError('a backup that is no JSON', { cause })
  }
  if (!form.accepts(value)) throw new BackupError('a backup of a form that this version does not know')
  return value
}

/** @throws {BackupError} unless the index opens as this version under the newest key */
export async function openIndex(
  { userId, version }: { readonly userId: UserId; readonly version: number },
  stored: StoredBackup,
  opened: OpenKeys,
): Promise<BackupIndex> {
  const generation = newestOf(stored.keys)
  const key = opened.get(generation)
  if (!key) throw new BackupError('this device lacks the newest backup key')
  const bytes = await openBackupIndex(key, { userId, generation, version }, fromBase64Url(stored.index))
  try {
    return await decodeIndex(bytes)
  } catch (cause) {
    throw new BackupError('an index of a form that this version does not know', { cause })
  }
}

export const newestOf = (keys: readonly BackupKey[]): number => Math.max(0, ...keys.map(({ generation }) => generation))
