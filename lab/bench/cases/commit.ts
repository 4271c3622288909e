import {
  createAccountKey,
  createDeviceKeys,
  createKeyPackage,
  type DeviceIdentity,
  Group,
  type PendingCommit,
  signCredential,
} from '@fastchat/crypto'
import {
  applyCommit,
  contextHashOf,
  judgeCommit,
  type PublicGroup,
  publicGroupOf,
  readCommit,
  readGroupInfo,
  refusalOfGroupInfo,
} from '@fastchat/crypto/verify'
import type { ConversationId, DeviceId, GroupNo, Roster, UserId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'
import { collectGarbage } from '../collect-garbage.ts'
import { type Row, rowOf } from '../rows.ts'
import type { Bench } from './bench.ts'

/** Leaves of the group, and how many milliseconds of CPU one commit may cost the server. */
const sizes = [
  { leaves: 100, atMostMs: 2 },
  { leaves: 1_000, atMostMs: 15 },
] as const
const devicesEach = 4
/** Commits that only warm up, each so many times: a server that runs has compiled what it needs, and the others are new to it. */
const warmUp = 10
const warmUpPasses = 20
const rounds = 30

// Of the form of an id.
const newId = <T extends string>(): T => uuidv7() as T
const trust = () => true

/**
 * What a server does with a commit, but for the database: reads it and its group info, applies it to the public group that it has in
 * memory, and compares. By CPU of this process, other threads included.
 */
export async function benchCommit({ say, signal }: Bench): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const { leaves, atMostMs } of sizes) {
    say(`commit: making a group of ${leaves} …`)
    const { group, owner } = await groupOf(leaves)
    signal.throwIfAborted()
    say(`commit: measuring at ${leaves} …`)
    const updates = await commitsOf(group, warmUp + rounds, () => ({}))
    const adds = await commitsOf(group, warmUp + rounds, async () => ({
      add: [(await createKeyPackage(deviceOf(owner), { lastResort: false, now: Date.now() })).publicBytes],
    }))
    const target = { targets: [{ atMost: atMostMs }] } as const
    const update = await cpuMsOf(group, updates, acceptedByServer)
    const junk = await cpuMsOf(group, updates.map(spoiled), rejectedByServer)
    rows.push(
      rowOf({ name: `commit, CPU of an update at ${leaves}`, unit: 'ms', ...target }, update),
      rowOf(
        { name: `commit, CPU of an add at ${leaves}`, unit: 'ms', ...target },
        await cpuMsOf(group, adds, acceptedByServer),
      ),
      rowOf(
        { name: `commit, CPU of junk at ${leaves}, of an update’s`, unit: '×', targets: [{ atMost: 1 }] },
        junk / update,
      ),
    )
  }
  return rows
}

type Made = Pick<PendingCommit, 'commit' | 'groupInfo'>
type Account = { readonly userId: UserId; readonly accountPrivate: Uint8Array; readonly accountKey: Uint8Array }

const newAccount = (): Account => ({ userId: newId<UserId>(), ...createAccountKey() })

function deviceOf({ userId, accountPrivate, accountKey }: Account): DeviceIdentity {
  const keys = createDeviceKeys()
  const deviceId = newId<DeviceId>()
  const credentialSig = signCredential(accountPrivate, { userId, deviceId, signatureKey: keys.signaturePublic })
  return { userId, deviceId, accountKey, credentialSig, ...keys }
}

/** A group as it is after everybody was added at once: paths of its commits are as long as they get. */
async function groupOf(leaves: number): Promise<{ group: Group; owner: Account }> {
  const accounts = Array.from({ length: leaves / devicesEach }, newAccount)
  const [owner = newAccount()] = accounts
  const devices = accounts.flatMap((account) => Array.from({ length: devicesEach }, () => deviceOf(account)))
  const [first = deviceOf(owner), ...others] = devices
  // Ids of this process's own making.
  const place = { conversation: newId<ConversationId>(), groupNo: 1 as GroupNo }
  const alone = await Group.create({ ...place, identity: first, kind: 'group' })
  const add = await Promise.all(
    // One is left out, so that there is room for one more.
    others
      .slice(1)
      .map(async (device) => (await createKeyPackage(device, { lastResort: false, now: Date.now() })).publicBytes),
  )
  const members = accounts.map(
    ({ userId }) => ({ userId, role: userId === owner.userId ? 'admin' : 'member' }) as const,
  )
  const roster: Roster = { kind: 'group', members: members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)) }
  return { group: (await alone.commit({ add, roster, trust })).pending, owner }
}

/** As many commits of the same group, each as if it were the next one. */
async function commitsOf(group: Group, count: number, change: () => object | Promise<object>): Promise<Made[]> {
  const made: Made[] = []
  for (let n = 0; n < count; n++) {
    // Without the group that its author would have after it: a server keeps none, and each garbage collection would go through all.
    const { commit, groupInfo } = await group.commit({ ...(await change()), trust })
    made.push({ commit, groupInfo })
  }
  return made
}

const spoiled = ({ commit, groupInfo }: Made): Made => {
  const { signedPart } = readCommit(commit)
  return { groupInfo, commit: commit.map((byte, at) => (at === signedPart.length + 9 ? byte ^ 1 : byte)) }
}

async function cpuMsOf(
  group: Group,
  commits: readonly Made[],
  judge: (before: PublicGroup, made: Made) => Promise<void>,
): Promise<number> {
  const before = publicGroupOf(readGroupInfo(await group.groupInfo()))
  // What making the group left behind is not for its commits to pay. Compiled code goes with it, so it comes before the warm-up.
  collectGarbage()
  for (let pass = 0; pass < warmUpPasses; pass++) for (const made of commits.slice(0, warmUp)) await judge(before, made)
  const start = process.cpuUsage()
  for (const made of commits.slice(warmUp)) await judge(before, made)
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000 / (commits.length - warmUp)
}

async function acceptedByServer(before: PublicGroup, made: Made): Promise<void> {
  const commit = readCommit(made.commit, { now: Date.now() })
  const groupInfo = readGroupInfo(made.groupInfo)
  const { handshake } = commit
  const applied = await applyCommit(before, commit, (state, committer) =>
    judgeCommit({ handshake, committer, state, departed: [], revoked: [] }),
  )
  if (!applied.ok) throw new Error(`a lawful commit was rejected: ${applied.reason}`)
  const refusal = await refusalOfGroupInfo(applied.group, groupInfo, { commit, committer: applied.committer })
  if (refusal !== undefined) throw new Error(`its group info was rejected: ${refusal}`)
  contextHashOf(applied.group)
}

async function rejectedByServer(before: PublicGroup, made: Made): Promise<void> {
  const commit = readCommit(made.commit, { now: Date.now() })
  readGroupInfo(made.groupInfo)
  const { handshake } = commit
  const applied = await applyCommit(before, commit, (state, committer) =>
    judgeCommit({ handshake, committer, state, departed: [], revoked: [] }),
  )
  if (applied.ok) throw new Error('junk was accepted')
}
