import type { UserId } from '@fastchat/schema'
import type { Alarm, ChainRecord } from './chain-types.ts'
import type { Finding } from './judge-message.ts'

/** The number of alarms that are remembered in one group, so that each is raised once. */
const maxAlarms = 64
/**
 * The number of alarms of one code and device. A lying member names itself at most this often, and
 * takes no room from others.
 */
const maxPerDevice = 8
/** The number of lines that one epoch may add to a chat. Further alarms are only counted. */
const maxLinesPerEpoch = 8

export type Raised = Finding & { readonly isLine: boolean }

/**
 * Picks the alarms that were not raised yet: each code once per device and epoch. A chain that
 * differs once differs up to the end of its epoch. When two users, or another device of this user,
 * saw another log, the server gets the blame.
 */
export function raiseAlarms(
  chain: ChainRecord,
  findings: readonly Finding[],
  me: UserId,
): { chain: ChainRecord; raised: readonly Raised[] } {
  if (findings.length === 0) return { chain, raised: [] }
  const raised: Raised[] = []
  let alarms = chain.alarms ?? []
  const lines = () => alarms.filter(({ epoch, code }) => epoch === chain.epoch && code === 'history_differs').length
  for (const finding of findings) {
    const { code, epoch, sender } = finding
    const device = sender?.deviceId
    const former = alarms.filter((alarm) => alarm.code === code && alarm.device === device)
    if (former.length >= maxPerDevice || former.some((alarm) => alarm.epoch === epoch)) continue
    const isSaid = raised.some((other) => other.code === code && other.sender?.deviceId === device)
    if (!isSaid) raised.push({ ...finding, isLine: lines() < maxLinesPerEpoch })
    alarms = remembered(alarms, { code, epoch, ...(sender && { device: sender.deviceId, user: sender.userId }) })
    if (code !== 'history_differs' || !isSplit(alarms, me)) continue
    const splits = alarms.filter((alarm) => alarm.code === 'history_split')
    if (splits.length >= maxPerDevice || splits.some((alarm) => alarm.epoch === chain.epoch)) continue
    raised.push({ code: 'history_split', epoch: chain.epoch, isLine: true })
    alarms = remembered(alarms, { code: 'history_split', epoch: chain.epoch })
  }
  return raised.length === 0 && alarms === chain.alarms ? { chain, raised } : { chain: { ...chain, alarms }, raised }
}

const remembered = (alarms: readonly Alarm[], alarm: Alarm): readonly Alarm[] => [...alarms, alarm].slice(-maxAlarms)

function isSplit(alarms: readonly Alarm[], me: UserId): boolean {
  const users = new Set(alarms.filter(({ code }) => code === 'history_differs').map(({ user }) => user))
  return users.size > 1 || users.has(me)
}
