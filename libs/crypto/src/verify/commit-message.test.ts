import fc from 'fast-check'
import type { Proposal } from 'ts-mls/proposal.js'
import { decodePublicMessage, encodePublicMessage, type PublicMessage } from 'ts-mls/publicMessage.js'
import { expect, test } from 'vitest'
import { devicesOf, encodePublic, groupOfDevices } from '../../testing/forge.ts'
import { createDevice, createPackage, createPerson, groupRoster, trustAll } from '../../testing/people.ts'
import { withLength } from './bytes.ts'
import { type CommitMessage, readCommitMessage } from './commit-message.ts'
import { decodeMessage } from './decode.ts'
import { HandshakeError } from './handshake-error.ts'
import { maxLeaves } from './max-leaves.ts'

const alice = createPerson()
const bob = createPerson()
const { groups } = await groupOfDevices(devicesOf(alice, 5))
const [group = await Promise.reject(new Error('no group'))] = groups
const add = [(await createPackage(createDevice(bob))).publicBytes]
const roster = groupRoster([alice.userId], [bob.userId])
const trust = trustAll
const update = (await group.commit({ trust })).commit
const changes = (await group.commit({ add, remove: [3, 1], roster, trust })).commit
const addOnly = (await group.commit({ add, trust })).commit
const commits = [update, changes, addOnly].flatMap((commit) => [commit, ...respelled(commit)])

/** Returns the commit with parts that our clients never write. */
function respelled(commit: Uint8Array): Uint8Array[] {
  const message = decodePublicMessage(commit.subarray(4), 0)?.[0]
  if (message?.content.contentType !== 'commit') throw new Error('no commit')
  const { content, auth } = message
  const { path, proposals } = content.commit
  const nodes = path?.nodes ?? []
  const shortened = nodes.map((node) => ({
    ...node,
    encryptedPathSecret: node.encryptedPathSecret.map((each) => ({ ...each, ciphertext: each.ciphertext.slice(1) })),
  }))
  const psk: Proposal = { proposalType: 'external_init', externalInit: { kemOutput: new Uint8Array(32) } }
  const reference = { proposalOrRefType: 'reference', reference: new Uint8Array(32) } as const
  const changed = (change: object) => ({ ...content, commit: { ...content.commit, ...change } })
  const variants: object[] = [
    { content: { ...content, sender: { senderType: 'new_member_commit' } }, senderType: 'new_member_commit' },
    { content: { ...content, sender: { senderType: 'external', senderIndex: 1 } }, senderType: 'external' },
    { content: { ...content, sender: { senderType: 'new_member_proposal' } }, senderType: 'new_member_proposal' },
    { content: { ...content, authenticatedData: new Uint8Array([1]) } },
    { content: { ...content, epoch: 2n ** 63n } },
    { content: changed({ proposals: [...proposals, { proposalOrRefType: 'proposal', proposal: psk }] }) },
    { content: changed({ proposals: [...proposals, reference] }) },
    { content: changed({ path: path && { ...path, nodes: shortened } }) },
    { content: changed({ path: path && { ...path, leafNode: { ...path.leafNode, leafNodeSource: 'update' } } }) },
    { content: changed({ path: path && { ...path, nodes: [...nodes, ...new Array(12).fill(nodes[0])] } }) },
    { auth: { ...auth, signature: new Uint8Array(70) } },
    { auth: { ...auth, confirmationTag: new Uint8Array(31) } },
    { membershipTag: new Uint8Array(33) },
  ]
  return variants.map((variant) => encodePublic({ ...message, ...variant } as PublicMessage))
}

/** Reads a commit with the engine, which decodes all of it and encodes it again, or undefined. */
function readByEngine(bytes: Uint8Array): CommitMessage | undefined {
  const codec = { decode: decodePublicMessage, encode: encodePublicMessage }
  const { content, auth, ...rest } = decodeMessage(bytes, 'publicMessage', codec)
  if (content.contentType !== 'commit' || auth.contentType !== 'commit') return undefined
  const { groupId, epoch, sender, authenticatedData, commit } = content
  if (sender.senderType !== 'member' && sender.senderType !== 'new_member_commit') return undefined
  const known = ['add', 'remove', 'external_init', 'group_context_extensions']
  const proposals = commit.proposals.flatMap((item) =>
    item.proposalOrRefType === 'proposal' && known.includes(String(item.proposal.proposalType)) ? [item.proposal] : [],
  )
  if (proposals.length !== commit.proposals.length) return undefined
  const path = commit.path && { leafNode: commit.path.leafNode, nodes: commit.path.nodes.map(countedNode) }
  if (proposals.length > maxLeaves || (path?.nodes.length ?? 0) > 11) return undefined
  const { confirmationTag, signature } = auth
  const tags = [confirmationTag, ...(rest.senderType === 'member' ? [rest.membershipTag] : [])]
  if (tags.some(({ length }) => length !== 32)) return undefined
  const signatureEnd = bytes.length - 33 * tags.length
  const signedPart = bytes.subarray(0, signatureEnd - withLength(signature).length)
  const by =
    sender.senderType === 'member'
      ? ({ type: 'member', leafIndex: sender.leafIndex } as const)
      : ({ type: 'external' } as const)
  const transcriptInput = bytes.subarray(2, signatureEnd)
  const framing = { signature, confirmationTag, signedPart, transcriptInput }
  return { groupId, epoch, sender: by, authenticatedData, proposals, path, ...framing }
}

type EngineNode = {
  readonly hpkePublicKey: Uint8Array
  readonly encryptedPathSecret: readonly { readonly kemOutput: Uint8Array; readonly ciphertext: Uint8Array }[]
}
const countedNode = ({ hpkePublicKey, encryptedPathSecret }: EngineNode) => ({
  hpkePublicKey,
  ciphertexts: encryptedPathSecret.length,
  areWhole: encryptedPathSecret.every((each) => each.kemOutput.length === 32 && each.ciphertext.length === 48),
})

function unlessRefused(read: (bytes: Uint8Array) => CommitMessage | undefined, bytes: Uint8Array) {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof HandshakeError) return undefined
    throw error
  }
}

function expectSame(bytes: Uint8Array): boolean {
  const read = unlessRefused(readCommitMessage, bytes)
  expect(read).toEqual(unlessRefused(readByEngine, bytes))
  return read !== undefined
}

test('commits of every kind are read like in the engine', () => {
  // Seven variants of each: unchanged, external, late epoch, one more proposal, short ciphertexts,
  // long signature, authenticated data. Two of them do not change the commit without a path.
  expect(commits.filter(expectSame)).toHaveLength(3 * 7 + 2)
})

type Edit = { readonly at: number; readonly length: number; readonly kind: 'flip' | 'cut' | 'copy' | 'lengthen' }

function edited(bytes: Uint8Array, { at, length, kind }: Edit, flip: number): Uint8Array {
  const place = at % bytes.length
  const [head, middle, tail] = [bytes.subarray(0, place), bytes.subarray(place, place + length), bytes.subarray(place)]
  const rest = bytes.subarray(place + length)
  if (kind === 'flip') return bytes.map((byte, index) => (index === place ? byte ^ flip : byte))
  if (kind === 'cut') return new Uint8Array([...head, ...rest])
  if (kind === 'copy') return new Uint8Array([...head, ...middle, ...tail])
  // The length at this position, in a longer form of the same number.
  return new Uint8Array([...head, 0x40, ...tail])
}

const edits = fc.record({
  at: fc.nat(),
  length: fc.integer({ min: 1, max: 200 }),
  kind: fc.constantFrom('flip', 'cut', 'copy', 'lengthen'),
})

test('a changed commit is read like in the engine, or rejected by both', () => {
  fc.assert(
    fc.property(fc.constantFrom(...commits), edits, fc.integer({ min: 1, max: 255 }), (commit, edit, flip) => {
      expectSame(edited(commit, edit, flip))
    }),
    { numRuns: 4_000 },
  )
})

test('the same holds for each byte of a commit with its highest or lowest bits changed', () => {
  for (const flip of [0x80, 0x40, 0x02, 0x01])
    for (let at = 0; at < update.length; at++) expectSame(edited(update, { at, length: 1, kind: 'flip' }, flip))
})
