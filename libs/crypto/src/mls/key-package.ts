import { toBase64Url } from '@fastchat/schema'
import { decodeMlsMessage, encodeMlsMessage, generateKeyPackageWithKey } from 'ts-mls'
import { type KeyPackage, makeKeyPackageRef, type PrivateKeyPackage } from 'ts-mls/keyPackage.js'
import type { Lifetime } from 'ts-mls/lifetime.js'
import { clockSkewMs, maxLifetimeMs } from '../verify/key-package.ts'
import { lastResortExtensionType, leafCapabilities } from '../verify/leaf.ts'
import { credentialOf, type DeviceIdentity } from './device.ts'
import { cipherSuite } from './engine.ts'

export interface CreatedKeyPackage {
  /** KeyPackageRef as base64url, by which a Welcome names the key package. */
  ref: string
  /** MLSMessage with the KeyPackage, for the server. */
  publicBytes: Uint8Array
  /** The private init and leaf keys and the public part. Store them before you send the latter. */
  privateBytes: Uint8Array
}

export interface KeyPackagePair {
  publicPackage: KeyPackage
  privatePackage: PrivateKeyPackage
}

const formatVersion = 1
const hpkeKeyBytes = 32

/**
 * Makes a key package that is valid for 90 days. The lifetime starts an hour early, because some
 * clocks are behind.
 *
 * @param now milliseconds since 1970
 */
export async function createKeyPackage(
  identity: DeviceIdentity,
  { lastResort, now }: { lastResort: boolean; now: number },
): Promise<CreatedKeyPackage> {
  const notBefore = now - clockSkewMs
  const lifetime = { notBefore: toSeconds(notBefore), notAfter: toSeconds(notBefore + maxLifetimeMs) }
  const { publicPackage, privatePackage } = await generate(identity, lifetime, lastResort)
  const publicBytes = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage })
  const privateBytes = new Uint8Array(1 + 2 * hpkeKeyBytes + publicBytes.length)
  privateBytes[0] = formatVersion
  privateBytes.set(privatePackage.initPrivateKey, 1)
  privateBytes.set(privatePackage.hpkePrivateKey, 1 + hpkeKeyBytes)
  privateBytes.set(publicBytes, 1 + 2 * hpkeKeyBytes)
  const ref = toBase64Url(await makeKeyPackageRef(publicPackage, (await cipherSuite).hash))
  return { ref, publicBytes, privateBytes }
}

/** Makes the keys of a leaf that no one sees as a key package: without a lifetime. */
export function createOwnLeaf(identity: DeviceIdentity): Promise<KeyPackagePair> {
  return generate(identity, { notBefore: 0n, notAfter: 0n }, false)
}

/** @throws RangeError unless `createKeyPackage` made these bytes */
export function decodePrivateBytes(privateBytes: Uint8Array, identity: DeviceIdentity): KeyPackagePair {
  const bytes = privateBytes.slice()
  const message =
    bytes[0] === formatVersion ? decodeMlsMessage(bytes.subarray(1 + 2 * hpkeKeyBytes), 0)?.[0] : undefined
  if (message?.wireformat !== 'mls_key_package') throw new RangeError('not a stored key package')
  return {
    publicPackage: message.keyPackage,
    privatePackage: {
      initPrivateKey: bytes.subarray(1, 1 + hpkeKeyBytes),
      hpkePrivateKey: bytes.subarray(1 + hpkeKeyBytes, 1 + 2 * hpkeKeyBytes),
      signaturePrivateKey: identity.signaturePrivate,
    },
  }
}

async function generate(identity: DeviceIdentity, lifetime: Lifetime, lastResort: boolean): Promise<KeyPackagePair> {
  return generateKeyPackageWithKey(
    credentialOf(identity),
    leafCapabilities,
    lifetime,
    lastResort ? [{ extensionType: lastResortExtensionType, extensionData: new Uint8Array() }] : [],
    { signKey: identity.signaturePrivate, publicKey: identity.signaturePublic },
    await cipherSuite,
  )
}

const toSeconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000))
