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

/** Leaves of the group, and the most CPU that one commit may cost the server, in ms. */
const sizes = [
  { leaves: 100, atMostMs: 2 },
  { leaves: 1_000, atMostMs: 15 },
] as const
const devicesEach = 4
/**
 * Commits that are judged before the measurement, each `warmUpPasses` times. A running server has
 * compiled its code too, and has not seen the measured commits before.
 */
const warmUp = 10
const warmUpPasses = 20
const rounds = 30

// uuidv7 returns UUIDs, the form of every id.
const newId = <T extends string>(): T => uuidv7() as T
const trust = () => true

/**
 * Measures what a server does with a commit, without the database. It reads the commit and its
 * group info, applies the commit to the public group in memory, and compares both. Counts the CPU
 * of all threads of this process.
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

/**
 * Makes a group to which all devices were added in one commit. The paths of its commits then have
 * the greatest length.
 */
async function groupOf(leaves: number): Promise<{ group: Group; owner: Account }> {
  const accounts = Array.from({ length: leaves / devicesEach }, newAccount)
  const [owner = newAccount()] = accounts
  const devices = accounts.flatMap((account) => Array.from({ length: devicesEach }, () => deviceOf(account)))
  const [first = deviceOf(owner), ...others] = devices
  // This process makes the ids itself.
  const group = { conversation: newId<ConversationId>(), groupNo: 1 as GroupNo }
  const alone = await Group.create({ ...group, identity: first, kind: 'group' })
  const add = await Promise.all(
    // One device is left out, so that a later commit can add it.
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

/** Makes `count` commits, each to follow the same state of the group. */
async function commitsOf(group: Group, count: number, change: () => object | Promise<object>): Promise<Made[]> {
  const made: Made[] = []
  for (let n = 0; n < count; n++) {
    // The author's group after the commit is dropped. A server keeps none, and each garbage
    // collection would have to visit them all.
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
  // Collects the garbage of making the group, which is not a cost of its commits. V8 also drops
  // compiled code then, so the warm-up comes after it.
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
  if (!applied.ok) throw new Error(`a valid commit was rejected: ${applied.reason}`)
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
  if (applied.ok) throw new Error('an invalid commit was accepted')
}
