import { toBase64Url } from '@fastchat/schema'
import { emptyPskIndex, encodeMlsMessage, joinGroup, joinGroupExternal } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import { decodeGroupInfo, encodeGroupInfo } from 'ts-mls/groupInfo.js'
import { decodeWelcome, encodeWelcome } from 'ts-mls/welcome.js'
import { decodeMessage } from '../verify/decode.ts'
import { readGroupInfo } from '../verify/group-info.ts'
import { HandshakeError } from '../verify/handshake-error.ts'
import { membersOfTree, verifyPublicGroup } from '../verify/public-group.ts'
import { checkJoinedGroup, type Trust } from './check-tree.ts'
import type { DeviceIdentity } from './device.ts'
import { cipherSuite, joinConfig } from './engine.ts'
import { CannotJoin } from './errors.ts'
import { createOwnLeaf, decodePrivateBytes } from './key-package.ts'

export interface WelcomeJoin {
  /** An MLSMessage with a Welcome. */
  welcome: Uint8Array
  identity: DeviceIdentity
  /** Returns a stored key package's private part. The caller deletes it after storing the group. */
  keyPackages: (ref: string) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  trust: Trust
}

export interface ExternalJoin {
  /** An MLSMessage with a GroupInfo that has its ratchet tree and external key. */
  groupInfo: Uint8Array
  identity: DeviceIdentity
  trust: Trust
}

/**
 * Returns the refs of the key packages that a Welcome is for.
 *
 * @throws CannotJoin `malformed`
 */
export function readWelcomeRefs(welcome: Uint8Array): string[] {
  return decoding(() => decodeWelcomeMessage(welcome)).secrets.map((secret) => toBase64Url(secret.newMember))
}

/** @throws CannotJoin, and errors of `trust` */
export async function joinByWelcome({ welcome, identity, keyPackages, trust }: WelcomeJoin): Promise<ClientState> {
  const decoded = decoding(() => decodeWelcomeMessage(welcome.slice()))
  for (const { newMember } of decoded.secrets) {
    const privateBytes = await keyPackages(toBase64Url(newMember))
    if (privateBytes === undefined) continue
    const { publicPackage, privatePackage } = decodePrivateBytes(privateBytes, identity)
    const suite = await cipherSuite
    const state = await orInvalid(
      joinGroup(decoded, publicPackage, privatePackage, emptyPskIndex, suite, undefined, undefined, joinConfig),
    )
    await refuseUntrusted(state, identity, trust)
    return state
  }
  throw new CannotJoin('no_key_package')
}

/**
 * Joins by an external commit (RFC 9420 §12.4.3.2). It also removes the leaf that this device still
 * has in the group.
 *
 * @throws CannotJoin, and errors of `trust`
 */
export async function joinExternally({ groupInfo, identity, trust }: ExternalJoin) {
  const codec = { decode: decodeGroupInfo, encode: encodeGroupInfo }
  // Before the engine, which limits nothing that it reads.
  const { tree } = await orInvalid(verifyPublicGroup(decoding(() => readGroupInfo(groupInfo))))
  const hasOldLeaf = membersOfTree(tree).some((member) => member.deviceId === identity.deviceId)
  const decoded = decoding(() => decodeMessage(groupInfo.slice(), 'groupInfo', codec))
  const { publicPackage, privatePackage } = await createOwnLeaf(identity)
  const suite = await cipherSuite
  const { publicMessage, newState } = await orInvalid(
    joinGroupExternal(decoded, publicPackage, privatePackage, hasOldLeaf, suite, undefined, joinConfig),
  )
  await refuseUntrusted(newState, identity, trust)
  const commit = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage })
  return { state: newState, commit }
}

/** Not inside `orInvalid`, because an error of `trust` says nothing about the group. */
async function refuseUntrusted(state: ClientState, identity: DeviceIdentity, trust: Trust): Promise<void> {
  const others = await orInvalid(checkJoinedGroup(state, identity))
  if (!(await trust(others))) throw new CannotJoin('untrusted')
}

const decodeWelcomeMessage = (welcome: Uint8Array) =>
  decodeMessage(welcome, 'welcome', { decode: decodeWelcome, encode: encodeWelcome })

function decoding<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    if (cause instanceof CannotJoin) throw cause
    throw new CannotJoin('malformed', { cause })
  }
}

async function orInvalid<T>(joining: Promise<T>): Promise<T> {
  try {
    return await joining
  } catch (cause) {
    if (cause instanceof CannotJoin) throw cause
    const isUnlawful = cause instanceof HandshakeError && cause.code !== 'bad_signature'
    throw new CannotJoin(isUnlawful ? 'unlawful' : 'invalid', { cause })
  }
}
