import type { Roster, UserId } from '@fastchat/schema'
import type { DeviceIdentity } from '../src/mls/device.ts'
import type { Group } from '../src/mls/group.ts'
import { applyCommit } from '../src/verify/apply-commit.ts'
import type { Leaf } from '../src/verify/commit-change.ts'
import { readGroupInfo } from '../src/verify/group-info.ts'
import { readCommit } from '../src/verify/handshake.ts'
import { type CommitCase, judgeCommit } from '../src/verify/judge-commit.ts'
import { judgeCreation } from '../src/verify/judge-creation.ts'
import { refusalOfGroupInfo } from '../src/verify/match-group-info.ts'
import { type PublicGroup, verifyNewGroup } from '../src/verify/public-group.ts'
import { conversation, groupNo } from './people.ts'

/** The users and devices whose leaves the next commit must remove. */
export type PendingRemovals = Pick<CommitCase, 'departed' | 'revoked'>

type Committer = { readonly identity: DeviceIdentity; readonly group: Group }
type Made = { readonly commit: Uint8Array; readonly groupInfo: Uint8Array }
type Judgement = Awaited<ReturnType<JudgingServer['judge']>>

/** A server in memory for tests. It judges commits as the real one does. */
export class JudgingServer {
  leaves: readonly Leaf[] = []
  roster: Roster
  groupInfo: Uint8Array = new Uint8Array()
  epoch = 0
  #public: PublicGroup | undefined

  constructor(roster: Roster) {
    this.roster = roster
  }

  leavesOf = (user: UserId): number[] =>
    this.leaves.filter((leaf) => leaf.userId === user).map((leaf) => leaf.leafIndex)

  /**
   * Applies the commit to the public group and compares the group info.
   *
   * @throws when the server refuses the commit
   */
  async judge({ identity, group }: Committer, made: Made, pending: PendingRemovals) {
    const commit = readCommit(made.commit, { now: Date.now() })
    const { handshake } = commit
    const before = this.#public ?? (await verifyNewGroup(readGroupInfo(await group.groupInfo())))
    const applied = await applyCommit(before, commit, (state) =>
      this.epoch === 0
        ? judgeCreation({ handshake, creator: identity, conversation, groupNo, revoked: [] })
        : judgeCommit({ handshake, committer: identity, state, ...pending }),
    )
    if (!applied.ok) throw new Error(`refused: ${applied.reason}`)
    const by = { commit, committer: applied.committer }
    const refusal = await refusalOfGroupInfo(applied.group, readGroupInfo(made.groupInfo), by)
    if (refusal !== undefined) throw new Error(`group info refused: ${refusal}`)
    return applied
  }

  /** Stores a commit that was judged lawful. */
  accept({ change, group }: Judgement, { groupInfo }: Made): void {
    this.leaves = change.nextLeaves
    this.roster = change.roster
    this.groupInfo = groupInfo
    this.#public = group
    this.epoch++
  }
}
