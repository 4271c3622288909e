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
import { comparePlaces } from '../account-state/contents.ts'
import { ServerError } from '../errors.ts'
import type { Context } from './context.ts'
import { isLawfulSuccessor } from './expected-group.ts'
import { walkHandshakes } from './walk-handshakes.ts'

/** Groups of one conversation, one after the other, that one way into it may lead over. */
const maxSuccessors = 1_000
/** Old group infos from which a head is looked for. */
const maxBases = 2
/** Every group has one: 1 is never no epoch. */
const firstEpoch = 1 as Epoch

type Known = { readonly roster: Roster; readonly departed: readonly UserId[] }
type Base = { readonly group: PublicGroup; readonly after: number; readonly epoch: number }

/**
 * Refuses a group that does not follow from the one that another device of this account held lawful: for a device that has no state of
 * its own to compare with.
 *
 * @throws CannotJoin `other_history`, `unlawful`
 * @throws what the server throws when it can't be asked
 */
export async function refuseUnlessDescendant(
  context: Context,
  conversation: ConversationId,
  head: Head,
  offered: PublicGroup,
): Promise<void> {
  const place = momentOf(offered)
  const order = comparePlaces(place, head)
  if (order < 0) throw otherHistory('an older group than another device of this account knows')
  if (order === 0) return expectSame(toBase64Url(contextHashOf(offered)), head.contextHash)
  if (place.groupNo === head.groupNo) {
    const { group } = await fromHead(context, conversation, head, place.epoch)
    return expectSame(toBase64Url(contextHashOf(group)), toBase64Url(contextHashOf(offered)))
  }
  let known = await endOfGroup(context, conversation, head)
  for (let groupNo = head.groupNo + 1; groupNo <= place.groupNo; groupNo++) {
    if (groupNo - head.groupNo > maxSuccessors) throw otherHistory('too many groups to follow')
    // A server that was restored leaves numbers out.
    const first = await firstOf(context, conversation, groupNo as GroupNo)
    if (!first && groupNo < place.groupNo) continue
    if (!first) throw otherHistory('the server does not show how that group began')
    const leaves = membersOfTree(first.group.tree)
    if (!isLawfulSuccessor({ roster: first.group.roster, leaves }, known.roster, known.departed))
      throw new CannotJoin('unlawful', { cause: new Error('a group with other members than the one before') })
    const epoch = groupNo === place.groupNo ? { epoch: place.epoch } : {}
    const { group, departed } = await walkHandshakes(context, { ...first, departed: [] }, { conversation, ...epoch })
    if (groupNo === place.groupNo) expectSame(toBase64Url(contextHashOf(group)), toBase64Url(contextHashOf(offered)))
    known = { roster: group.roster, departed }
  }
}

/** The last roster of the group of the head; of a group that a restored server has lost, the one that the head names. */
async function endOfGroup(context: Context, conversation: ConversationId, head: Head): Promise<Known> {
  try {
    const { group, departed } = await fromHead(context, conversation, head)
    return { roster: group.roster, departed }
  } catch (error) {
    if (!(error instanceof CannotJoin)) throw error
    return { roster: head.roster, departed: [] }
  }
}

/** Who had left before an old group info was made stands before it in the log: then an older one helps. */
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
      // Epochs are whole numbers; that of a base is 1 at least, and none is kept at 0.
      before = (base.epoch - 1) as Epoch
    }
  }
  throw refusal
}

type Place = { readonly groupNo: GroupNo; readonly epoch: Epoch }
type Open = (groupInfo: GroupInfo) => PublicGroup | Promise<PublicGroup>

/** A group info that the server has kept, at or before a place. Its tree is that of its context; who made it is not asked. */
function baseOf(context: Context, conversation: ConversationId, place: Place): Promise<Base | undefined> {
  return pastGroup(context, conversation, place, publicGroupOf)
}

/** The group with that number as its first commit made it, of members under the keys that are known here. */
async function firstOf(context: Context, conversation: ConversationId, groupNo: GroupNo): Promise<Base | undefined> {
  const first = await pastGroup(context, conversation, { groupNo, epoch: firstEpoch }, verifyPublicGroup)
  if (first && !(await context.pins.lookUp().trust(membersOfTree(first.group.tree)))) throw new CannotJoin('untrusted')
  return first
}

async function pastGroup(
  { api }: Context,
  conversation: ConversationId,
  place: Place,
  open: Open,
): Promise<Base | undefined> {
  try {
    const past = await api.call(chatOperations.pastGroupInfo, { params: { conversation }, query: place })
    const group = await open(readGroupInfo(fromBase64Url(past.groupInfo)))
    const { epoch, ...found } = momentOf(group)
    if (found.conversation !== conversation || found.groupNo !== place.groupNo || epoch > place.epoch)
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
