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

/** Suite 1 by WebCrypto and @hpke/core, made once. Signatures are checked by the one rule that servers have, too. */
export const cipherSuite: Promise<CiphersuiteImpl> = getCiphersuiteImpl(getCiphersuiteFromName(cipherSuiteName)).then(
  (suite) => ({ ...suite, signature: { ...suite.signature, verify: isSignedBy } }),
)

/**
 * Messages in a row that a sender may have encrypted without the log having them: those under way at once, whose fate
 * the sender learns before it encrypts more. A step costs some 0.1 ms.
 */
const maxUnexplainedSteps = 32
/** Entries that a gap may have taken out of one epoch, as far as they may be skipped. */
const maxMissingSteps = 10_000

/** How far a sender's ratchet may be ahead where `missing` entries of the epoch are known to be gone. */
export const toleratedLeap = (missing: number): number => maxUnexplainedSteps + Math.min(missing, maxMissingSteps)

export const engineConfig: ClientConfig = {
  keyRetentionConfig: {
    // A skipped generation's key is never kept: the log keeps each device's order, so nothing is skipped for good
    // reasons, and a kept key would open a withheld message to whoever steals the state later.
    retainKeysForGenerations: 0,
    // One past epoch, for a client that adopts its own commit before it has read what came just before.
    retainKeysForEpochs: 1,
    // What is tolerated of one message is less, see toleratedLeap.
    maximumForwardRatchetSteps: maxUnexplainedSteps + maxMissingSteps,
  },
  // Lifetimes are checked where key packages are read.
  lifetimeConfig: { ...defaultLifetimeConfig, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  // Set for each message, see padding.ts.
  paddingConfig: { kind: 'alwaysPad', paddingLength: 0 },
  authService: {
    /** Whether the account key vouches for the device; whether it is the right account key is for `Trust` to say. */
    async validateCredential(credential, signatureKey) {
      if (credential.credentialType !== 'basic') return false
      return verifyCredential(credential.identity, signatureKey).then(
        () => true,
        () => false,
      )
    },
  },
}

/** For joins: a GroupInfo is judged by the rules of the public group alone, before the engine reads any of it. */
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
