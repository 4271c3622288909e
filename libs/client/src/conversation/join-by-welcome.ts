import { CannotJoin, Group } from '@fastchat/crypto'
import { type CredentialClaims, refusalOfInvitation } from '@fastchat/crypto/verify'
import { chatOperations, fromBase64Url, type LogEntry, type UserId } from '@fastchat/schema'
import { privateHalf } from '../account/key-packages.ts'
import { isPermanent, ServerError } from '../errors.ts'
import { Batch, type Entry, type SystemEvent } from '../store/records.ts'
import { attributed } from './attributed.ts'
import type { Context } from './context.ts'
import { differences, withMembers } from './enter-group.ts'
import { isAsExpected } from './expected-group.ts'
import { groupNoOf } from './group-no-of.ts'
import { lastSeen } from './last-seen.ts'
import { refuseOtherHistory } from './lawful-history.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Joins the group to which the commit at this entry adds this device. It is a first group, a group
 * after an absence, or the successor of a broken one.
 *
 * @returns undefined when no welcome for this device belongs to this entry
 * @throws the error of the request when the server does not give the welcome or look up the
 *   members: the entry is to be read again
 */
export async function joinByWelcome(
  context: Context,
  snapshot: Snapshot,
  entry: LogEntry,
): Promise<ReadResult | undefined> {
  if (entry.kind !== 'commit' || !mayEnter(snapshot, entry)) return undefined
  try {
    const offer = await fetchWelcome(context, entry)
    return offer && (await enter(context, snapshot, entry, offer))
  } catch (error) {
    // The server would give the same answer again. A join from outside may prove what this welcome
    // does not.
    if (isPermanent(error)) return cannotJoin(snapshot, entry, 'unreadable')
    throw error
  }
}

async function enter(context: Context, snapshot: Snapshot, entry: LogEntry, offer: Offer): Promise<ReadResult> {
  const packages = await context.keyPackages.all()
  const lookUp = context.pins.lookUp()
  let used: string | undefined
  try {
    const group = await Group.joinByWelcome({
      welcome: fromBase64Url(offer.welcome),
      identity: context.identity,
      trust: lookUp.trust,
      keyPackages: (ref) => {
        const record = packages.get(ref)
        if (record) used = ref
        return record && privateHalf(record)
      },
    })
    if (group.groupNo !== offer.groupNo || !isAsExpected(snapshot, group)) return lied(snapshot, entry)
    await refuseOtherHistory(context, snapshot, group.publicGroup)
    // A join from outside may prove what this welcome does not.
    const inviter = await inviterIn(context, group, offer, entry)
    if (!inviter) return cannotJoin(snapshot, entry, 'unreadable')
    const batch = new Batch()
    if (used !== undefined) await context.keyPackages.use(used, batch)
    return { ...joined(context, snapshot, entry, { group, inviter, batch }), pins: lookUp.found }
  } catch (error) {
    if (!(error instanceof CannotJoin)) throw error
    if (error.code === 'untrusted') return refused(snapshot, entry, lookUp.refused)
    return isLie(error) ? lied(snapshot, entry) : cannotJoin(snapshot, entry, 'unreadable')
  }
}

const isLie = ({ code }: CannotJoin): boolean => code === 'unlawful' || code === 'other_history'

/**
 * Returns the member whose commit at this entry added this device, if they had the right to do so.
 */
async function inviterIn(
  { identity }: Context,
  group: Group,
  offer: Offer,
  entry: LogEntry,
): Promise<Inviter | undefined> {
  const invitation = {
    commit: fromBase64Url(entry.envelope ?? ''),
    priorContext: fromBase64Url(offer.priorContext),
    priorTag: fromBase64Url(offer.priorTag),
  }
  const judged = await refusalOfInvitation(group.publicGroup, invitation, identity)
  return 'inviter' in judged ? judged.inviter : undefined
}

type Inviter = Pick<CredentialClaims, 'userId' | 'deviceId'>

type Offer = NonNullable<Awaited<ReturnType<typeof fetchWelcome>>>

/**
 * Returns whether a welcome may bring this device in. An active member enters only a later group,
 * and reads all other commits.
 */
function mayEnter({ record, group }: Snapshot, entry: LogEntry): boolean {
  if (!group || record.status !== 'active') return true
  return groupNoOf(entry) > group.groupNo
}

async function fetchWelcome(context: Context, { conversation, seq }: LogEntry) {
  try {
    const offer = await context.api.call(chatOperations.welcome, { params: { conversation }, query: { seq } })
    return offer.seq === seq ? offer : undefined
  } catch (error) {
    if (error instanceof ServerError && error.code === 'not_found') return undefined
    throw error
  }
}

type Entered = { readonly group: Group; readonly inviter: Inviter; readonly batch: Batch }

/**
 * Returns the result of a join. The inviter signed the commit that made this group, so the inviter
 * is a member, whatever the server says.
 */
function joined(context: Context, snapshot: Snapshot, entry: LogEntry, { group, inviter, batch }: Entered): ReadResult {
  const { conversation, seq, at } = entry
  const isNext = snapshot.group !== undefined && group.groupNo > 1
  const kind = inviter.userId === context.identity.userId ? 'joined' : 'invited'
  const event: SystemEvent = { kind: isNext ? 'restarted' : kind }
  const line: Entry = { conversation, seq, at, type: 'system', event, from: inviter.userId }
  const record = withMembers(snapshot.record, group)
  // This device goes from one group to a later one and skips positions: the server was restored,
  // and other members noticed first.
  const isRestored =
    snapshot.group !== undefined && snapshot.record.status === 'active' && seq > snapshot.record.cursor + 1
  return {
    record: {
      ...record,
      status: 'active',
      cursor: seq,
      joinedSeq: seq,
      departed: [],
      lastAt: at,
      inviter: inviter.userId,
      // Somebody who has left and is added again is asked again.
      ...(snapshot.record.status === 'left' && { request: true as const }),
      ...(isRestored && { isRestored }),
    },
    group,
    ...attributed([line, ...differences(lastSeen(context, snapshot), group, line)], inviter, entry),
    heard: inviter.userId,
    writes: batch.writes,
    usedKeyPackage: true,
  }
}

/**
 * Returns the result of a group that holds a wrong key for a user. It adds a line and keeps
 * nothing of the group.
 */
function refused(snapshot: Snapshot, entry: LogEntry, from: UserId | undefined): ReadResult {
  const { conversation, seq, at } = entry
  const event = { kind: 'trouble', code: 'key_mismatch' } as const
  const line: Entry = { conversation, seq, at, type: 'system', event, ...(from && { from }) }
  return { ...cannotJoin(snapshot, entry, 'unlawful'), entries: [line] }
}

/**
 * Returns the result of a group that breaks the rules. A device without a lawful state of this
 * conversation can't tell who lies, so it tries to join from outside.
 */
const lied = (snapshot: Snapshot, entry: LogEntry): ReadResult =>
  cannotJoin(snapshot, entry, snapshot.group || snapshot.record.lawful ? 'unlawful' : 'unreadable')

function cannotJoin(snapshot: Snapshot, entry: LogEntry, trouble: 'unlawful' | 'unreadable'): ReadResult {
  const record = { ...snapshot.record, status: 'broken' as const, cursor: entry.seq, brokenBy: trouble }
  return { record, group: snapshot.group, entries: [], trouble }
}
