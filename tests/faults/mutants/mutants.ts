/** A promise that is broken on purpose, and the tests that must notice. */
export type Mutant = {
  readonly id: string
  /** What it breaks. */
  readonly says: string
  readonly file: string
  /** In the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Files of tests, of which at least one must fail. */
  readonly caughtBy: readonly string[]
}

const writer = 'services/chat/src/store/writer.ts'
const append = 'prisma/migrations/0002_append/migration.sql'
const appendOne = 'prisma/migrations/0010_append_one/migration.sql'
const reader = 'libs/client/src/conversation/log-reader.ts'
const readerTests = 'libs/client/src/conversation/log-reader.test.ts'
const atRestTests = 'libs/client/src/node/at-rest.test.ts'
const storeTests = (name: string) => `services/chat/tests/store/${name}.test.ts`

const followTests = 'libs/client/src/chain/follow-chain.test.ts'

const verify = (name: string) => `libs/crypto/src/verify/${name}`
const applyTests = verify('apply-commit.test.ts')
const treeTests = [verify('tree/validate-tree.test.ts'), verify('tree/official-vectors.test.ts')]

export const mutants: readonly Mutant[] = [
  {
    id: 'commit-unsigned',
    says: 'a commit’s signature is not checked',
    file: verify('apply-commit.ts'),
    find: "if (!(await isSignedWithLabel(committer.signatureKey, 'FramedContentTBS', signed, commit.signature)))",
    replace: 'if (false)',
    caughtBy: [applyTests],
  },
  {
    id: 'path-of-another-tree',
    says: 'a path may leave members out',
    file: verify('apply-commit.ts'),
    find: 'ciphertexts.length === readers.length && ',
    replace: '',
    caughtBy: [applyTests],
  },
  {
    id: 'path-parent-hash',
    says: 'a path’s parent hash is not checked',
    file: verify('apply-commit.ts'),
    find: 'return hasHash && (isNew || isJoiner) ? next : undefined',
    replace: 'return isNew || isJoiner ? next : undefined',
    caughtBy: [applyTests],
  },
  {
    id: 'path-leaf-unsigned',
    says: 'a path’s leaf need not be signed',
    file: verify('apply-commit.ts'),
    find: "if (!(await isLeafSigned(leafNode, place))) throw new HandshakeError('bad_signature', 'path leaf not signed')",
    replace: '',
    caughtBy: [applyTests],
  },
  {
    id: 'keys-repeated',
    says: 'a key may stand in a tree twice',
    file: verify('apply-commit.ts'),
    find: "if (!hasDistinctKeys(next)) return refused('duplicate_key')",
    replace: '',
    caughtBy: [applyTests],
  },
  {
    id: 'key-package-unsigned',
    says: 'an added key package need not be signed',
    file: verify('apply-commit.ts'),
    find: 'for (const keyPackage of commit.keyPackages) await verifyKeyPackageSignatures(keyPackage)',
    replace: '',
    caughtBy: [applyTests],
  },
  {
    id: 'group-info-of-another-commit',
    says: 'a group info need not be that of its commit',
    file: verify('match-group-info.ts'),
    find: "if (!sameBytes(info.contextBytes, group.contextBytes)) return 'other_context'",
    replace: '',
    caughtBy: [applyTests],
  },
  {
    id: 'group-info-tag',
    says: 'a group info may have another confirmation tag',
    file: verify('match-group-info.ts'),
    find: "if (!sameBytes(info.confirmationTag, commit.confirmationTag)) return 'other_tag'",
    replace: '',
    caughtBy: [applyTests],
  },
  {
    id: 'group-info-unsigned',
    says: 'a group info need not be signed by the committer',
    file: verify('match-group-info.ts'),
    find: "return isByCommitter ? undefined : 'other_signer'",
    replace: 'return undefined',
    caughtBy: [applyTests],
  },
  {
    id: 'parents-set-by-nobody',
    says: 'a tree’s parent hashes are not checked',
    file: verify('tree/validate-tree.ts'),
    find: "? undefined : 'bad_parent_hash'",
    replace: '? undefined : undefined',
    caughtBy: treeTests,
  },
  {
    id: 'unmerged-anywhere',
    says: 'unmerged leaves are not checked',
    file: verify('tree/validate-tree.ts'),
    find: "return 'bad_unmerged_leaves'",
    replace: '{}',
    caughtBy: treeTests,
  },
  {
    id: 'inviter-without-power',
    says: 'anybody in a group may let others in',
    file: verify('judge-invitation.ts'),
    find: 'return inviter.userId === newcomer.userId && isWithin(now, former)',
    replace: 'return true',
    caughtBy: [verify('judge-invitation.test.ts')],
  },
  {
    id: 'two-account-keys',
    says: 'a user may have two account keys in one group',
    file: verify('judge-commit.ts'),
    find: "return 'other_account'",
    replace: 'return undefined',
    caughtBy: ['libs/crypto/src/mls/unlawful-commit.test.ts'],
  },
  {
    id: 'leave-used-again',
    says: 'a leave statement is good at any epoch',
    file: 'services/chat/src/store/membership.ts',
    find: '|| !sameMoment(claims, momentOf(group))',
    replace: '',
    caughtBy: [storeTests('commits')],
  },
  {
    id: 'history-not-followed',
    says: 'a device enters any group that it is shown',
    file: 'libs/client/src/conversation/lawful-history.ts',
    find: "if (!sameState(known, offered)) throw new CannotJoin('other_history')",
    replace: '',
    caughtBy: ['tests/e2e/lying-entry.test.ts'],
  },
  {
    id: 'log-not-compared',
    says: 'a message’s view of the log is not compared with one’s own',
    file: 'libs/client/src/chain/judge-message.ts',
    find: 'if ((await agrees(conversation, chain, seen, page)) === false)',
    replace: 'if (false)',
    caughtBy: [followTests],
  },
  {
    id: 'ends-not-compared',
    says: 'the end of an epoch is not compared',
    file: 'libs/client/src/chain/judge-message.ts',
    find: 'if (end && own && (',
    replace: 'if (false && end && own && (',
    caughtBy: [followTests],
  },
  {
    id: 'wrong-epoch-unseen',
    says: 'a message of another epoch is no alarm',
    file: 'libs/client/src/chain/follow-chain.ts',
    find: 'return header.groupNo !== groupNo || header.epoch !== epoch',
    replace: 'return header.groupNo !== groupNo',
    caughtBy: [followTests],
  },
  {
    id: 'own-place-unseen',
    says: 'a message of one’s own may be elsewhere than the server said',
    file: 'libs/client/src/chain/follow-chain.ts',
    find: 'return isElsewhere || isMoved ?',
    replace: 'return false ?',
    caughtBy: ['libs/client/src/conversation/outbox.test.ts'],
  },
  {
    id: 'own-commit-ahead',
    says: 'a commit of one’s own is adopted before the entries that the log has before it',
    file: reader,
    find: 'if (this.#isOurs(item) && !isOfThisGroup) return false',
    replace: 'if (this.#isOurs(item)) return false',
    caughtBy: [readerTests],
  },
  {
    id: 'ack-before-commit',
    says: 'a pod acks what the database has not confirmed',
    file: writer,
    find: 'if (isUnavailable(error)) throw error',
    replace:
      'if (isUnavailable(error)) return answer(rows, rows.map(() => ({ ok: true, seq: 1, at: now(), duplicate: false })))',
    caughtBy: [storeTests('writer')],
  },
  {
    id: 'no-dedupe',
    says: 'a message that is sent again is not recognised',
    file: append,
    find: 'if found and known.same then',
    replace: 'if found and known.same and false then',
    caughtBy: [storeTests('append')],
  },
  {
    id: 'same-id-other-bytes',
    says: 'other bytes under a known id count as the message itself',
    file: append,
    find: 'm.envelope = p_env[k] as same',
    replace: 'true as same',
    caughtBy: [storeTests('append')],
  },
  {
    id: 'holes',
    says: 'numbers of a conversation have holes',
    file: append,
    find: 'c.last_seq + row_number() over (partition by i.conv order by i.ord) as seq',
    replace: 'c.last_seq + 1 + row_number() over (partition by i.conv order by i.ord) as seq',
    caughtBy: [storeTests('append')],
  },
  {
    id: 'no-epoch-check',
    says: 'a message for a former epoch is accepted',
    file: appendOne,
    find: 'where c.group_no = i.group_no and c.epoch = i.epoch and c.pending_ver = 0 and not exists (',
    replace: 'where c.group_no = i.group_no and c.pending_ver = 0 and not exists (',
    caughtBy: [storeTests('append')],
  },
  {
    id: 'no-epoch-check-alone',
    says: 'a message for a former epoch is accepted if it comes alone',
    file: appendOne,
    find: 'and c.group_no = p_group and c.epoch = p_epoch and c.pending_ver = 0',
    replace: 'and c.group_no = p_group and c.pending_ver = 0',
    caughtBy: [storeTests('append')],
  },
  {
    id: 'no-leaf-check-alone',
    says: 'a message of somebody who has left is accepted if it comes alone',
    file: appendOne,
    find: 'l.device_id = p_dev and l.to_seq is null',
    replace: 'l.device_id = p_dev',
    caughtBy: [storeTests('append')],
  },
  {
    id: 'no-republish-on-duplicate',
    says: 'what a pod stored before it died is told to nobody when it is sent again',
    file: writer,
    find: 'return outcome?.ok ? [deliveryOf(row, outcome)] : []',
    replace: 'return outcome?.ok && !outcome.duplicate ? [deliveryOf(row, outcome)] : []',
    caughtBy: [storeTests('writer')],
  },
  {
    id: 'no-hold',
    says: 'what was sent behind a refused message overtakes it',
    file: 'services/chat/src/domain/line-hold.ts',
    find: 'if (!stored && turn === line.turn) this.#hold(line, true)',
    replace: 'if (!stored && turn === line.turn) this.#hold(line, false)',
    caughtBy: ['services/chat/tests/socket/send.test.ts'],
  },
  {
    id: 'no-sweep',
    says: 'what Redis lost is not looked for',
    file: 'services/chat/src/socket/sweep-loop.ts',
    find: 'for (const { key, head } of heads) rooms.reaches(key, head)',
    replace: '',
    caughtBy: ['services/chat/tests/socket/faults.test.ts', 'services/chat/tests/socket/deliver.test.ts'],
  },
  {
    id: 'read-then-subscribe',
    says: 'what is stored between reading the log and listening passes a device by',
    file: 'services/chat/src/socket/membership-reader.ts',
    find: 'if (this.#isStale() || opened.length > 0) return void this.#read()',
    replace: 'if (this.#isStale()) return void this.#read()',
    caughtBy: ['services/chat/src/socket/device-feed.test.ts'],
  },
  {
    id: 'counted-up',
    says: 'a pod adds to its load record what it should replace',
    file: 'libs/cluster/src/report-pod.ts',
    find: "redis.call('PEXPIRE', record, ttl)",
    replace: "redis.call('HINCRBY', record, 'connections', connections)\nredis.call('PEXPIRE', record, ttl)",
    caughtBy: ['libs/cluster/tests/pod-record.test.ts', 'libs/cluster/tests/placement.test.ts'],
  },
  {
    id: 'forged-publish',
    says: 'whoever writes to Redis is believed',
    file: 'libs/cluster/src/packet.ts',
    find: 'if (!timingSafeEqual(packet.subarray(1, 1 + macBytes), macOf(key, channel, packet))) return undefined',
    replace: 'timingSafeEqual(packet.subarray(1, 1 + macBytes), macOf(key, channel, packet))',
    caughtBy: ['libs/cluster/tests/bus.test.ts'],
  },
  {
    id: 'client-reads-twice',
    says: 'a device reads an entry again that it has read',
    file: reader,
    find: 'if (lastOf(item) <= view.record.cursor) continue',
    replace: '',
    caughtBy: [readerTests],
  },
  {
    id: 'client-skips',
    says: 'a device reads on although an entry is missing',
    file: reader,
    find: 'if (this.#isAhead(one, view)) {',
    replace: 'if (this.#isAhead(one, view) && false) {',
    caughtBy: [readerTests],
  },
  {
    id: 'client-misses-the-answer',
    says: 'a device takes what follows an answer for what came before it',
    file: reader,
    find: 'return isWhole || answeredAt !== record.cursor',
    replace: 'return true',
    caughtBy: [readerTests],
  },
  {
    id: 'cursor-before-store',
    says: 'a device acks what its disk has not taken',
    file: reader,
    find: 'await this.#context.pins.keep(found, batch, () => this.#context.store.write(batch.writes))',
    replace:
      'void this.#context.pins.keep(found, batch, () => this.#context.store.write(batch.writes)).catch(() => undefined)',
    caughtBy: [readerTests],
  },
  {
    id: 'no-secure-delete',
    says: 'a freed page of the store keeps what was in it',
    file: 'libs/client/src/node/open-database.ts',
    find: 'pragma secure_delete = on;',
    replace: 'pragma secure_delete = fast;',
    caughtBy: [atRestTests],
  },
  {
    id: 'no-checkpoint',
    says: 'replaced ratchet states stay in the log of the store',
    file: 'libs/client/src/node/checkpoints.ts',
    find: 'wal_checkpoint(truncate)',
    replace: 'wal_checkpoint(passive)',
    caughtBy: [atRestTests],
  },
  {
    id: 'no-lead',
    says: 'a ratchet state lies in pages that SQLite copies from',
    file: 'libs/client/src/node/erasable.ts',
    find: '/ 255) - 23',
    replace: '/ 255) - 1025',
    caughtBy: [atRestTests],
  },
]
