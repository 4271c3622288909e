/** Reads the official MLS test vectors of `test-vectors/`. Bytes are in hex, as in the files. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface TreeMathVector {
  n_leaves: number
  n_nodes: number
  root: number
  left: (number | null)[]
  right: (number | null)[]
  parent: (number | null)[]
  sibling: (number | null)[]
}

export interface TreeOperationsVector {
  tree_before: string
  proposal: string
  proposal_sender: number
  tree_after: string
}

export interface TreeValidationVector {
  cipher_suite: number
  tree: string
  group_id: string
  /** Tree hashes by node index. `resolutions` are by node index, too. */
  tree_hashes: string[]
  resolutions: number[][]
}

export interface TranscriptHashesVector {
  cipher_suite: number
  confirmation_key: string
  authenticated_content: string
  interim_transcript_hash_before: string
  confirmed_transcript_hash_after: string
  interim_transcript_hash_after: string
}

export interface MessageProtectionVector {
  cipher_suite: number
  group_id: string
  epoch: number
  tree_hash: string
  confirmed_transcript_hash: string
  signature_priv: string
  signature_pub: string
  encryption_secret: string
  sender_data_secret: string
  membership_key: string
  proposal: string
  proposal_priv: string
  proposal_pub: string
  commit: string
  commit_priv: string
  commit_pub: string
  application: string
  application_priv: string
}

export interface WelcomeVector {
  cipher_suite: number
  init_priv: string
  key_package: string
  signer_pub: string
  welcome: string
}

export interface TreeKemVector {
  cipher_suite: number
  confirmed_transcript_hash: string
  epoch: number
  group_id: string
  leaves_private: {
    index: number
    encryption_priv: string
    signature_priv: string
    path_secrets: { node: number; path_secret: string }[]
  }[]
  ratchet_tree: string
  update_paths: {
    sender: number
    update_path: string
    /** The path secrets by leaf index; null for the sender and for blank leaves. */
    path_secrets: (string | null)[]
    commit_secret: string
    tree_hash_after: string
  }[]
}

/** Each field holds one encoded object. */
export interface MessagesVector {
  mls_welcome: string
  mls_group_info: string
  mls_key_package: string
  ratchet_tree: string
  group_secrets: string
  add_proposal: string
  update_proposal: string
  remove_proposal: string
  pre_shared_key_proposal: string
  re_init_proposal: string
  external_init_proposal: string
  group_context_extensions_proposal: string
  commit: string
  public_message_application: string
  public_message_proposal: string
  public_message_commit: string
  private_message: string
}

export interface PassiveClientVector {
  cipher_suite: number
  external_psks: { psk_id: string; psk: string }[]
  key_package: string
  signature_priv: string
  encryption_priv: string
  init_priv: string
  welcome: string
  /** The tree; null when the Welcome holds it. */
  ratchet_tree: string | null
  initial_epoch_authenticator: string
  epochs: { proposals: string[]; commit: string; epoch_authenticator: string }[]
}

export interface TestVectors {
  'tree-math': TreeMathVector
  'tree-operations': TreeOperationsVector
  'tree-validation': TreeValidationVector
  'transcript-hashes': TranscriptHashesVector
  'message-protection': MessageProtectionVector
  welcome: WelcomeVector
  treekem: TreeKemVector
  messages: MessagesVector
  'passive-client-welcome': PassiveClientVector
  'passive-client-handling-commit': PassiveClientVector
  'passive-client-random': PassiveClientVector
}

/** Reads all vectors of one file. All are of cipher suite 1. */
export function testVectors<Name extends keyof TestVectors>(name: Name): TestVectors[Name][] {
  const file = new URL(`../test-vectors/${name}.json.gz`, import.meta.url)
  // The cast holds: the files do not change, and the types above describe them.
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as TestVectors[Name][]
}

/** Decodes hex into a plain array: a Buffer shares memory, which breaks the engine's decoders. */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
