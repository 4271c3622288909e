import type { ConversationId, Epoch, GroupNo } from '@fastchat/schema'
import { ed25519 } from '@noble/curves/ed25519.js'
import { openWithGcm, sealWithGcm } from '../account/aes-gcm.ts'
import type { DeviceIdentity } from '../mls/device.ts'
import type { Member } from '../mls/members.ts'
import { concat } from '../verify/bytes.ts'
import { isSignedBy, signedBytes } from '../verify/signature.ts'

/** The label of the secret that the group exports for its signals (RFC 9420 §8.5). */
export const signalKeyLabel = 'fastchat signal key'
export const signalKeyBytes = 32
/** Contents are padded to a multiple of this, so that their length does not tell their kind. */
const paddedTo = 128
const signatureBytes = 64
const label = 'fastchat signal v1'

/** The epoch of a conversation's group that a signal belongs to. */
export type SignalEpoch = {
  readonly conversation: ConversationId
  readonly groupNo: GroupNo
  readonly epoch: Epoch
}

/**
 * Seals a content (JSON) under the signal key of an epoch, signed by the device. The signature
 * covers the epoch and the device. Any member knows the key, so only the signature shows who made
 * the signal.
 */
export async function sealSignal(
  key: Uint8Array,
  at: SignalEpoch,
  identity: DeviceIdentity,
  content: object,
): Promise<Uint8Array> {
  const padded = pad(new TextEncoder().encode(JSON.stringify(content)))
  const signature = ed25519.sign(bytesToSign(at, identity.deviceId, padded), identity.signaturePrivate)
  return await sealWithGcm(key, concat(signature, padded), associated(at, identity.deviceId))
}

/**
 * Opens a signal of the device whose leaf is `sender`. Returns undefined for bytes that this device
 * has not sealed for this epoch.
 */
export async function openSignal(
  key: Uint8Array,
  at: SignalEpoch,
  sender: Pick<Member, 'deviceId' | 'signatureKey'>,
  body: Uint8Array,
): Promise<unknown> {
  const opened = await openWithGcm(key, body, associated(at, sender.deviceId)).catch(() => undefined)
  if (opened === undefined) return undefined
  const padded = opened.subarray(signatureBytes)
  const signature = opened.subarray(0, signatureBytes)
  if (!(await isSignedBy(sender.signatureKey, bytesToSign(at, sender.deviceId, padded), signature))) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(padded)) as unknown
  } catch {
    return undefined
  }
}

const associated = ({ conversation, groupNo, epoch }: SignalEpoch, deviceId: string): string =>
  `${label}\n${conversation}\n${groupNo}\n${epoch}\n${deviceId}`

const bytesToSign = (at: SignalEpoch, deviceId: string, padded: Uint8Array): Uint8Array =>
  signedBytes(label, [at.conversation, String(at.groupNo), String(at.epoch), deviceId, padded])

/** Pads JSON with spaces. */
function pad(json: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(json.length / paddedTo) * paddedTo).fill(0x20)
  padded.set(json)
  return padded
}
