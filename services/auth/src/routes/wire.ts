import {
  fromBase64Url,
  labelOf,
  toBase64Url,
  usernameOf,
  type Device as WireDevice,
  type User as WireUser,
} from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import type { Device, ListedDevice } from '../domain/devices.ts'
import type { User } from '../domain/users.ts'

/**
 * Decodes the bytes of a field. @throws AppError `bad_request` if the last letter has bits that
 * mean nothing
 */
export function bytesOf(text: string, path: string, part: 'body' | 'querystring' = 'body'): Uint8Array {
  try {
    return fromBase64Url(text)
  } catch {
    throw new AppError('bad_request', { in: part, problems: [{ path, rule: 'base64url' }] })
  }
}

type Part = 'body' | 'querystring' | 'params'

/**
 * Returns the canonical form of a username. @throws AppError `bad_request` if it breaks the rule of
 * usernames
 */
export function readUsername(written: string, part: Part): string {
  const username = usernameOf(written)
  if (username === undefined)
    throw new AppError('bad_request', { in: part, problems: [{ path: '/username', rule: 'username' }] })
  return username
}

/**
 * Returns the canonical form of a device name. @throws AppError `bad_request` if it breaks the rule
 * of labels
 */
export function readDeviceName(written: string): string {
  const name = labelOf(written)
  if (name === undefined)
    throw new AppError('bad_request', { in: 'body', problems: [{ path: '/name', rule: 'label' }] })
  return name
}

export const userToWire = ({ userId, username, accountKey, nameSig, isDeleted }: User): WireUser => ({
  userId,
  username,
  accountKey: toBase64Url(accountKey),
  ...(nameSig && { nameSig: toBase64Url(nameSig) }),
  ...(isDeleted && { deleted: true }),
})

export const deviceToWire = ({ deviceId, userId, name, keyPackages, kind, label, ...device }: Device): WireDevice => ({
  deviceId,
  userId,
  name,
  keyPackages,
  signatureKey: toBase64Url(device.signatureKey),
  credentialSig: toBase64Url(device.credentialSig),
  createdAt: device.createdAt.toISOString(),
  ...(kind !== undefined && { kind }),
  ...(label !== undefined && { label: toBase64Url(label) }),
})

export const listedToWire = ({ usedAt, session, ...device }: ListedDevice): WireDevice => ({
  ...deviceToWire(device),
  usedAt: usedAt.toISOString(),
  session,
})
