import { limits } from '@fastchat/schema'
import { decodeMlsMessage, encodeMlsMessage, generateKeyPackageWithKey } from 'ts-mls'
import { type KeyPackage, signKeyPackage } from 'ts-mls/keyPackage.js'
import { expect, test } from 'vitest'
import { createDevice, createPerson } from '../../testing/people.ts'
import { credentialOf } from '../mls/device.ts'
import { cipherSuite } from '../mls/engine.ts'
import { createKeyPackage } from '../mls/key-package.ts'
import { clockSkewMs, maxLifetimeMs, readKeyPackage } from './key-package.ts'
import { leafCapabilities } from './leaf.ts'

const now = Date.UTC(2030, 0, 1)
const dayMs = 24 * 60 * 60 * 1000
const identity = createDevice(createPerson())
const created = await createKeyPackage(identity, { lastResort: false, now })

type Capabilities = typeof leafCapabilities
type Extensions = { extensionType: number; extensionData: Uint8Array }[]

/** Makes a key package with changed fields, signed by the device. */
async function signed(changed: {
  capabilities?: Partial<{ [K in keyof Capabilities]: Capabilities[K][number][] }>
  lifetime?: { notBefore: bigint; notAfter: bigint }
  extensions?: Extensions
  leafExtensions?: Extensions
  credential?: Parameters<typeof generateKeyPackageWithKey>[0]
}) {
  const suite = await cipherSuite
  const { publicPackage } = await generateKeyPackageWithKey(
    changed.credential ?? credentialOf(identity),
    { ...leafCapabilities, ...changed.capabilities },
    changed.lifetime ?? { notBefore: BigInt(now / 1000), notAfter: BigInt(now / 1000 + 1000) },
    changed.extensions ?? [],
    { signKey: identity.signaturePrivate, publicKey: identity.signaturePublic },
    suite,
    changed.leafExtensions ?? [],
  )
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage })
}

test('a valid key package is read', async () => {
  expect(await readKeyPackage(created.publicBytes, { now })).toEqual({
    userId: identity.userId,
    deviceId: identity.deviceId,
    accountKey: identity.accountKey,
    signatureKey: identity.signaturePublic,
    lastResort: false,
    notBefore: now - clockSkewMs,
    notAfter: now - clockSkewMs + maxLifetimeMs,
    ref: created.ref,
  })
  const lastResort = await createKeyPackage(identity, { lastResort: true, now })
  expect(await readKeyPackage(lastResort.publicBytes, { now })).toMatchObject({ lastResort: true, ref: lastResort.ref })
})

test('a key package is valid from an hour before it was made to the end of its lifetime', async () => {
  await expect(readKeyPackage(created.publicBytes, { now: now - 2 * clockSkewMs - 1000 })).rejects.toMatchObject({
    code: 'expired',
  })
  await readKeyPackage(created.publicBytes, { now: now - clockSkewMs })
  await readKeyPackage(created.publicBytes, { now: now + 89 * dayMs })
  await expect(readKeyPackage(created.publicBytes, { now: now + 90 * dayMs })).rejects.toMatchObject({
    code: 'expired',
  })
  await readKeyPackage(created.publicBytes)
})

test('a key package with any flipped bit is rejected', async () => {
  for (let at = 0; at < created.publicBytes.length; at += 7) {
    const forged = created.publicBytes.slice()
    forged[at] = (forged[at] ?? 0) ^ (1 << (at % 8))
    await expect(readKeyPackage(forged, { now }), `byte ${at}`).rejects.toHaveProperty('code')
  }
})

test.each([
  ['bytes left over', new Uint8Array([...created.publicBytes, 0])],
  ['bytes missing', created.publicBytes.subarray(0, -1)],
  ['nothing', new Uint8Array()],
  ['too many bytes', new Uint8Array(limits.maxKeyPackageBytes + 1)],
])('malformed: %s', async (_, bytes) => {
  await expect(readKeyPackage(bytes, { now })).rejects.toMatchObject({ code: 'malformed' })
})

test.each([
  ['no roster extension', { capabilities: { extensions: [] } }],
  ['no x509', { capabilities: { credentials: ['basic' as const] } }],
  ['no basic', { capabilities: { credentials: ['x509' as const] } }],
  ['another suite only', { capabilities: { ciphersuites: [] } }],
  ['another version only', { capabilities: { versions: [] } }],
  ['an extension of the leaf', { leafExtensions: [{ extensionType: 0xf0c1, extensionData: new Uint8Array() }] }],
  ['an extension of the package', { extensions: [{ extensionType: 0xf0c1, extensionData: new Uint8Array() }] }],
  [
    'a last-resort extension with content',
    { extensions: [{ extensionType: 0x000a, extensionData: new Uint8Array(1) }] },
  ],
  [
    'a last-resort extension that its leaf does not list',
    {
      extensions: [{ extensionType: 0x000a, extensionData: new Uint8Array() }],
      capabilities: { extensions: [0xf0c1] },
    },
  ],
  ['an x509 credential', { credential: { credentialType: 'x509' as const, certificates: [] } }],
])('unsupported: %s', async (_, changed) => {
  await expect(readKeyPackage(await signed(changed), { now })).rejects.toMatchObject({ code: 'unsupported' })
})

test('a lifetime over 90 days is rejected at any time', async () => {
  const from = BigInt(now / 1000)
  const tooLong = await signed({ lifetime: { notBefore: from, notAfter: from + 92n * 86_400n } })
  await expect(readKeyPackage(tooLong, { now })).rejects.toMatchObject({ code: 'expired' })
  await expect(readKeyPackage(tooLong)).rejects.toMatchObject({ code: 'expired' })
  const endless = await signed({ lifetime: { notBefore: 0n, notAfter: 2n ** 63n } })
  await expect(readKeyPackage(endless)).rejects.toMatchObject({ code: 'expired' })
  const backwards = await signed({ lifetime: { notBefore: from, notAfter: from - 1n } })
  await expect(readKeyPackage(backwards)).rejects.toMatchObject({ code: 'expired' })
})

test('the signatures of package and leaf are both checked', async () => {
  const keyPackage = decoded()
  const flipped = (bytes: Uint8Array) => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))
  const leafNode = { ...keyPackage.leafNode, signature: flipped(keyPackage.leafNode.signature) }
  for (const forged of [{ ...keyPackage, signature: flipped(keyPackage.signature) }, await resigned({ leafNode })])
    await expect(readKeyPackage(encoded(forged), { now })).rejects.toMatchObject({ code: 'bad_signature' })
})

test('init key and encryption key must differ (RFC 9420 §10.1)', async () => {
  const forged = await resigned({ initKey: decoded().leafNode.hpkePublicKey })
  await expect(readKeyPackage(encoded(forged), { now })).rejects.toMatchObject({ code: 'malformed' })
})

function decoded(): KeyPackage {
  const message = decodeMlsMessage(created.publicBytes, 0)?.[0]
  if (message?.wireformat !== 'mls_key_package') throw new Error('no key package')
  return message.keyPackage
}

const resigned = async (changed: Partial<KeyPackage>) =>
  signKeyPackage({ ...decoded(), ...changed }, identity.signaturePrivate, (await cipherSuite).signature)

const encoded = (keyPackage: KeyPackage) =>
  encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage })
