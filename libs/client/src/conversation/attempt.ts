import type { PendingCommit } from '@fastchat/crypto'
import { toBase64Url } from '@fastchat/schema'
import type { IntentRecord } from '../store/records.ts'
import type { Context } from './context.ts'

/** A commit that is made and will be sent; see `IntentRecord`. */
export type Attempt = NonNullable<IntentRecord['attempt']>

type Made = Omit<PendingCommit, 'forget'>

/** Returns a commit in the form in which an intent stores it, under a new id. */
export const packed = (
  context: Context,
  groupNo: number,
  epoch: number,
  { pending, commit, welcome, groupInfo, initialGroupInfo }: Made,
): Attempt => ({
  id: context.newId(),
  groupNo,
  epoch,
  commit: toBase64Url(commit),
  ...(welcome && { welcome: toBase64Url(welcome) }),
  groupInfo: toBase64Url(groupInfo),
  ...(initialGroupInfo && { initialGroupInfo: toBase64Url(initialGroupInfo) }),
  pending: toBase64Url(pending.encode()),
})
