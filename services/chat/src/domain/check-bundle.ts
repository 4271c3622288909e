import type { WallMs } from '@fastchat/clock'
import {
  type DecodedCommit,
  type GroupInfo,
  HandshakeError,
  type PublicGroup,
  readCommit,
  readGroupInfo,
  verifyNewGroup,
} from '@fastchat/crypto/verify'

/** The parts of a commit that a client posts, as bytes. */
export type Bundle = {
  readonly groupNo: number
  readonly epoch: number
  readonly commit: Buffer
  readonly welcome: Buffer | undefined
  readonly groupInfo: Buffer
  readonly initialGroupInfo: Buffer | undefined
}

/** A well-formed bundle. Of its content only a new group is verified so far. */
export type ReadBundle = {
  readonly commit: DecodedCommit
  readonly groupInfo: GroupInfo
  /** The group at epoch 0, if the bundle creates one. */
  readonly newGroup: PublicGroup | undefined
}

export type BundleReading = ({ readonly ok: true } & ReadBundle) | { readonly ok: false; readonly reason: string }

/** An MLSMessage begins with its version and wire format (RFC 9420 §6). */
const welcomeHead = [0, 1, 0, 3]

/**
 * Reads a bundle, or returns what is wrong with its form. `now` serves to refuse expired key
 * packages.
 */
export async function readBundle(bundle: Bundle, conversation: string, now: WallMs): Promise<BundleReading> {
  try {
    const commit = readCommit(bundle.commit, { now })
    const { handshake } = commit
    const isAsClaimed =
      handshake.conversation === conversation &&
      handshake.groupNo === bundle.groupNo &&
      handshake.epoch === bundle.epoch
    if (!isAsClaimed) return malformed('not the commit that the bundle claims')
    // Added devices can't join without a welcome. Without added devices no one would fetch it.
    const hasWelcome = bundle.welcome !== undefined && isWelcome(bundle.welcome)
    if (handshake.adds.length > 0 ? !hasWelcome : bundle.welcome) return malformed('adds and welcome do not match')
    const isCreation = handshake.epoch === 0
    if (isCreation !== (bundle.initialGroupInfo !== undefined))
      return malformed('the initial group info belongs to the first commit of a group')
    const newGroup = bundle.initialGroupInfo && (await verifyNewGroup(readGroupInfo(bundle.initialGroupInfo)))
    return { ok: true, commit, groupInfo: readGroupInfo(bundle.groupInfo), newGroup }
  } catch (error) {
    if (error instanceof HandshakeError) return malformed(error.message)
    throw error
  }
}

/** Whether the bytes begin as a Welcome. Only the added devices can read its content. */
const isWelcome = (bytes: Buffer): boolean => welcomeHead.every((byte, at) => bytes[at] === byte)

const malformed = (reason: string) => ({ ok: false, reason }) as const
