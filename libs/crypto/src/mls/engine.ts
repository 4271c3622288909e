import {
  type CiphersuiteImpl,
  defaultKeyPackageEqualityConfig,
  defaultLifetimeConfig,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  zeroOutUint8Array,
} from 'ts-mls'
import type { ClientConfig } from 'ts-mls/clientConfig.js'
import { verifyCredential } from '../verify/credential.ts'
import { readWelcomedGroup } from '../verify/group-info.ts'
import { cipherSuiteName } from '../verify/leaf.ts'
import { verifyPublicGroup } from '../verify/public-group.ts'
import { isSignedBy } from '../verify/signature.ts'

/**
 * MLS cipher suite 1 by WebCrypto and @hpke/core, made once. `isSignedBy` checks signatures, as on
 * servers.
 */
export const cipherSuite: Promise<CiphersuiteImpl> = getCiphersuiteImpl(getCiphersuiteFromName(cipherSuiteName)).then(
  (suite) => ({ ...suite, signature: { ...suite.signature, verify: isSignedBy } }),
)

/**
 * The most messages in a row that a sender may have encrypted without an entry in the log. These
 * are the sends under way at one time: a sender learns their fate before it encrypts more. One step
 * costs about 0.1 ms.
 */
const maxUnexplainedSteps = 32
/** The most entries of one epoch that a gap may have removed. */
/** Entries that a gap may have taken out of one epoch, as far as they may be skipped. */
const maxMissingSteps = 10_000

/** Returns how far a ratchet may be ahead when `missing` entries of the epoch are known as gone. */
export const toleratedLeap = (missing: number): number => maxUnexplainedSteps + Math.min(missing, maxMissingSteps)

export const engineConfig: ClientConfig = {
  keyRetentionConfig: {
    // Keys of skipped generations are never kept. The log keeps the order of each device, so an
    // honest server skips nothing, and a kept key would open a withheld message to anyone who
    // steals the state later.
    retainKeysForGenerations: 0,
    // One past epoch, for a client that adopts its own commit before it has read the entries
    // before the commit.
    retainKeysForEpochs: 1,
    // The limit for one message is lower: see toleratedLeap.
    maximumForwardRatchetSteps: maxUnexplainedSteps + maxMissingSteps,
  },
  // Lifetimes are checked when key packages are read.
  lifetimeConfig: { ...defaultLifetimeConfig, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  // Set for each message: see padding.ts.
  paddingConfig: { kind: 'alwaysPad', paddingLength: 0 },
  authService: {
    /** Checks that the account key signs the device. `Trust` checks that it is the right key. */
    async validateCredential(credential, signatureKey) {
      if (credential.credentialType !== 'basic') return false
      return verifyCredential(credential.identity, signatureKey).then(
        () => true,
        () => false,
      )
    },
  },
}

/** The configuration for joins. The public group's rules judge a GroupInfo before the engine. */
export const joinConfig: ClientConfig = {
  ...engineConfig,
  /** @throws HandshakeError */
  async verifyGroupInfo(groupInfo) {
    await verifyPublicGroup(readWelcomedGroup(groupInfo))
  },
}

/** Overwrites key material that a stored state no longer needs. */
export function wipe(secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) zeroOutUint8Array(secret)
}
