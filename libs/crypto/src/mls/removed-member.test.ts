/** A removed member has all its old keys and the whole later log, and can decrypt none of it. */
import { decryptWithLabel } from 'ts-mls/crypto/hpke.js'
import { encodeGroupContext } from 'ts-mls/groupContext.js'
import { decodePublicMessage } from 'ts-mls/publicMessage.js'
import { expect, test } from 'vitest'
import { devicesOf, groupOfDevices, stateOf } from '../../testing/forge.ts'
import { createPerson, groupRoster, noChecks, trustAll } from '../../testing/people.ts'
import { decryptMessage } from './application-message.ts'
import { cipherSuite } from './engine.ts'
import type { Group } from './group.ts'

const alice = createPerson()
const bob = createPerson()
const identities = [...devicesOf(alice, 2), ...devicesOf(bob, 1), ...devicesOf(alice, 1)]
const { groups } = await groupOfDevices(identities)
const [remover, stayer, removed] = groups as [Group, Group, Group]
const made = await remover.commit({ remove: [2], roster: groupRoster([alice.userId]), trust: trustAll })

/** Counts the path secrets of the commit that a member's private keys of the old epoch decrypt. */
async function openedPathSecrets(group: Group): Promise<number> {
  const content = decodePublicMessage(made.commit, 4)?.[0].content
  if (content?.contentType !== 'commit') throw new Error('no commit')
  const [before, after, suite] = [stateOf(group), stateOf(made.pending), await cipherSuite]
  const { confirmedTranscriptHash } = before.groupContext
  const context = encodeGroupContext({ ...after.groupContext, confirmedTranscriptHash })
  const secrets = content.commit.path?.nodes.flatMap((node) => node.encryptedPathSecret) ?? []
  let opened = 0
  for (const key of Object.values(before.privatePath.privateKeys)) {
    for (const { kemOutput, ciphertext } of secrets) {
      const privateKey = await suite.hpke.importPrivateKey(key)
      const opening = decryptWithLabel(privateKey, 'UpdatePathNode', context, kemOutput, ciphertext, suite.hpke)
      opened += await opening.then(
        () => 1,
        () => 0,
      )
    }
  }
  return opened
}

test('members who stay decrypt the path of the commit, and the removed member cannot', async () => {
  expect(await openedPathSecrets(stayer)).toBe(1)
  expect(await openedPathSecrets(removed)).toBe(0)
})

test('messages after the removal decrypt with keys of the new epoch, and not with old ones', async () => {
  const { envelope } = await made.pending.encrypt(new Uint8Array([1]))
  const stayed = (await stayer.process(made.commit, noChecks)).group
  const { groupContext } = stateOf(stayed)
  expect((await decryptMessage(stateOf(stayed), envelope)).plaintext).toEqual(new Uint8Array([1]))
  // The removed member skips all our checks: it puts its keys into the new context.
  const cheating = { ...stateOf(removed), groupContext }
  await expect(decryptMessage(cheating, envelope)).rejects.toMatchObject({ code: 'undecryptable' })
})

test('the secrets of the new epoch differ from the old ones', async () => {
  const [before, after] = [stateOf(removed).keySchedule, stateOf(made.pending).keySchedule]
  for (const name of Object.keys(after) as (keyof typeof after)[]) expect(after[name]).not.toEqual(before[name])
})
