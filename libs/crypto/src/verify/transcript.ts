import { sha256 } from '#primitives'
import { concat, withLength } from './bytes.ts'

/** The confirmed transcript hash after a commit (RFC 9420 §8.2). `interim`: the hash before it. */
export const confirmedHashAfter = (interim: Uint8Array, commit: { readonly transcriptInput: Uint8Array }): Uint8Array =>
  sha256(concat(interim, commit.transcriptInput))

/** The interim transcript hash behind a confirmed one and the confirmation tag of the commit that made it (RFC 9420 §8.2). */
export const interimHashOf = (confirmedTranscriptHash: Uint8Array, confirmationTag: Uint8Array): Uint8Array =>
  sha256(concat(confirmedTranscriptHash, withLength(confirmationTag)))
