import { CannotJoin } from '@fastchat/crypto'
import {
  contextHashOf,
  type GroupInfo,
  HandshakeError,
  membersOfTree,
  momentOf,
  type PublicGroup,
  publicGroupOf,
  readGroupInfo,
  verifyPublicGroup,
} from '@fastchat/crypto/verify'
import {
  type ConversationId,
  chatOperations,
  type Epoch,
  fromBase64Url,
  type GroupNo,
  type Head,
  type Roster,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import { compareGroupEpochs } from '../group-epoch.ts'
import { rosterOfHead } from '../groups/roster-of-record.ts'
import type { Context } from './context.ts'
import { isLawfulSuccessor } from './expected-group.ts'
import { walkHandshakes } from './walk-handshakes.ts'

/** The number of groups of one conversation that one join may follow, one after the other. */
const maxSuccessors = 1_000
/** The number of old group infos that are tried as the start of the walk to a head. */
const maxBases = 2
/** Every group has an epoch 1; epoch 0 has no commit. */
const firstEpoch = 1 as Epoch

type Known = { readonly roster: Roster; readonly departed: readonly UserId[]; readonly isRestored?: true }
type Base = { readonly group: PublicGroup; readonly after: number; readonly epoch: number }

/**
 * Refuses a group that does not follow from the one that another device of this account held
 * lawful. It serves a device that has no state to compare with.
 *
 * @throws {CannotJoin} `other_history`, `unlawful`
 * @throws the error of the request when the server does not answer
 */
export async function refuseUnlessDescendant(
  context: Context,
  conversation: ConversationId,
  head: Head,
  offered: PublicGroup,
): Promise<void> {
  const at = momentOf(offered)
  const order = compareGroupEpochs(at, head)
  if (order < 0) throw otherHistory('an older group than another device of this account knows')
  if (order === 0) return expectSame(toBase64Url(contextHashOf(offered)), head.contextHash)
  if (at.groupNo === head.groupNo) {
    const { group } = await fromHead(context, conversation, head, at.epoch)
    return expectSame(toBase64Url(contextHashOf(group)), toBase64Url(contextHashOf(offered)))
  }
  let known = await endOfGroup(context, conversation, head)
  for (let groupNo = head.groupNo + 1; groupNo <= at.groupNo; groupNo++) {
    if (groupNo - head.groupNo > maxSuccessors) throw otherHistory('too many groups to follow')
    // A restored server may skip group numbers.
    const first = await firstOf(context, conversation, groupNo as GroupNo)
    if (!first && groupNo < at.groupNo) continue
    if (!first) throw otherHistory('the server does not show how that group began')
    const leaves = membersOfTree(first.group.tree)
    if (!isLawfulSuccessor({ roster: first.group.roster, leaves }, known))
      throw new CannotJoin('unlawful', { cause: new Error('a group with other members than the one before') })
    const epoch = groupNo === at.groupNo ? { epoch: at.epoch } : {}
    const { group, departed } = await walkHandshakes(context, { ...first, departed: [] }, { conversation, ...epoch })
    if (groupNo === at.groupNo) expectSame(toBase64Url(contextHashOf(group)), toBase64Url(contextHashOf(offered)))
    known = { roster: group.roster, departed }
  }
}

/**
 * Returns the last roster of the head's group. When a restored server has lost that group, this is
 * the roster in the head.
 */
async function endOfGroup(context: Context, conversation: ConversationId, head: Head): Promise<Known> {
  try {
    const { group, departed } = await fromHead(context, conversation, head)
    return { roster: group.roster, departed }
  } catch (error) {
    if (!(error instanceof CannotJoin)) throw error
    return { roster: rosterOfHead(head), departed: [], isRestored: true }
  }
}

/**
 * Walks from an old group info to the head. Members who left before that group info was made are in
 * the log before it; then an older group info is tried.
 */
async function fromHead(context: Context, conversation: ConversationId, head: Head, epoch?: number) {
  let before = head.epoch
  let refusal: unknown = otherHistory('the server does not show how the known group came about')
  for (let bases = 0; bases < maxBases; bases++) {
    const base = await baseOf(context, conversation, { groupNo: head.groupNo, epoch: before })
    if (!base) break
    try {
      const start = { ...base, departed: [], isUnproven: true } as const
      return await walkHandshakes(context, start, { conversation, head, ...(epoch !== undefined && { epoch }) })
    } catch (error) {
      if (!(error instanceof CannotJoin) || error.code !== 'unlawful') throw error
      refusal = error
      // The subtraction stays a whole number from 0 on: a base is at epoch 1 or later, and the
      // server keeps none at epoch 0.
      before = (base.epoch - 1) as Epoch
    }
  }
  throw refusal
}

type EpochQuery = { readonly groupNo: GroupNo; readonly epoch: Epoch }
type Open = (groupInfo: GroupInfo) => PublicGroup | Promise<PublicGroup>

/**
 * Returns the group of a group info that the server has kept, at or before a position. Its tree
 * matches its context; its signature is not checked.
 */
function baseOf(context: Context, conversation: ConversationId, at: EpochQuery): Promise<Base | undefined> {
  return pastGroup(context, conversation, at, publicGroupOf)
}

/**
 * Returns the group with that number as its first commit made it. Its members' account keys are the
 * ones known here.
 */
async function firstOf(context: Context, conversation: ConversationId, groupNo: GroupNo): Promise<Base | undefined> {
  const first = await pastGroup(context, conversation, { groupNo, epoch: firstEpoch }, verifyPublicGroup)
  if (first && !(await context.pins.lookUp().trust(membersOfTree(first.group.tree)))) throw new CannotJoin('untrusted')
  return first
}

async function pastGroup(
  { api }: Context,
  conversation: ConversationId,
  at: EpochQuery,
  open: Open,
): Promise<Base | undefined> {
  try {
    const past = await api.call(chatOperations.pastGroupInfo, { params: { conversation }, query: at })
    const group = await open(readGroupInfo(fromBase64Url(past.groupInfo)))
    const { epoch, ...found } = momentOf(group)
    if (found.conversation !== conversation || found.groupNo !== at.groupNo || epoch > at.epoch)
      throw otherHistory('an old group info of another group')
    return { group, after: past.seq, epoch }
  } catch (cause) {
    if (cause instanceof ServerError && cause.code === 'not_found') return undefined
    if (cause instanceof HandshakeError) throw new CannotJoin('unlawful', { cause })
    throw cause
  }
}

function expectSame(a: string, b: string): void {
  if (a !== b) throw otherHistory('another group than the one that follows')
}

const otherHistory = (why: string) => new CannotJoin('other_history', { cause: new Error(why) })
