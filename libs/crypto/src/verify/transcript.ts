import { sha256 } from '#primitives'
import { concat, withLength } from './bytes.ts'

/** Returns the confirmed transcript hash after a commit (RFC 9420 §8.2), from the one before it. */
export const confirmedHashAfter = (interim: Uint8Array, commit: { readonly transcriptInput: Uint8Array }): Uint8Array =>
  sha256(concat(interim, commit.transcriptInput))

/** Returns the interim transcript hash after a commit (RFC 9420 §8.2). */
export const interimHashOf = (confirmedTranscriptHash: Uint8Array, confirmationTag: Uint8Array): Uint8Array =>
  sha256(concat(confirmedTranscriptHash, withLength(confirmationTag)))
