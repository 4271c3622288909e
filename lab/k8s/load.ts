import { eventually } from '@fastchat/testkit'
import { seededSeq } from '@fastchat/tests/seed'
import { Crowd, type CrowdOptions } from '../faults/crowd.ts'
import type { World } from './check.ts'

const onlineWithinMs = 60_000
const quietWithinMs = 60_000
const groupSize = 5

export type LoadOptions = Pick<CrowdOptions, 'devices' | 'urls' | 'isSpread'> & { readonly perSecond: number }

/**
 * Runs `work` while a crowd chats through the router, in groups of five. Afterwards waits until all
 * is quiet. Throws unless every message is in the log once and each device of its conversation has
 * shown it once, in order.
 */
export async function underLoad(
  { installation, random }: World,
  { devices, urls, isSpread, perSecond }: LoadOptions,
  work: (crowd: Crowd) => Promise<void>,
): Promise<Crowd> {
  const crowd = await Crowd.start(installation, random, { devices, urls, groupSize, ...(isSpread && { isSpread }) })
  const sending = setInterval(() => crowd.send(Math.floor(random() * devices)), 1_000 / perSecond)
  try {
    await untilOnline(crowd, devices)
    await work(crowd)
    clearInterval(sending)
    await untilOnline(crowd, devices)
    await eventually(() => assertNothingLost(crowd, installation), { timeoutMs: quietWithinMs, everyMs: 250 })
  } finally {
    clearInterval(sending)
    crowd.stop()
  }
  return crowd
}

export async function untilOnline(crowd: Crowd, devices: number): Promise<void> {
  const online = () => {
    if (crowd.online < devices) throw new Error(`${crowd.online} of ${devices} are online`)
  }
  await eventually(online, { timeoutMs: onlineWithinMs, everyMs: 50 })
}

async function assertNothingLost(crowd: Crowd, { sql }: Pick<World['installation'], 'sql'>): Promise<void> {
  const { sent, acked, shown, wrong, cursors } = crowd
  if (wrong.length > 0) throw new Error(wrong[0])
  if (acked < sent) throw new Error(`${acked} of ${sent} messages are acked`)
  const conversations = [...new Set(cursors.map(({ conversation }) => conversation))]
  const rows = await sql('select pub_id, last_seq::int as head from conversation where pub_id = any($1::uuid[])', [
    conversations,
  ])
  const heads = new Map(rows.map(({ pub_id, head }) => [pub_id, Number(head) - seededSeq]))
  const inLog = [...heads.values()].reduce((sum, count) => sum + count, 0)
  if (inLog !== sent) throw new Error(`${inLog} of ${sent} messages are in the log`)
  const owed = cursors.reduce((sum, { conversation }) => sum + (heads.get(conversation) ?? 0), 0)
  if (shown !== owed) throw new Error(`${shown} of ${owed} messages were shown`)
}
