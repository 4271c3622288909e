import { limits } from '@fastchat/schema'
import { numberOf } from './body.ts'
import type { PeerPairPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import { Group } from './group.ts'
import type { Lane, LaneListener } from './lane.ts'
import { dialects } from './peers/index.ts'
import type { Wire } from './web-socket.ts'

/**
 * Opens a sender and a receiver on a peer, as a group with one receiver. Peers do not number
 * messages. They are judged by what all of them promise between two people: each message once, in
 * order, unchanged.
 */
export async function openPeerPair(plan: PeerPairPlan, listener: LaneListener, faults: Faults): Promise<Lane> {
  const dialect = dialects[plan.sender.peer]
  let sender: Wire | undefined
  const send = (n: number) => sender?.sendText(dialect.message(plan.to, 'one', n))
  const options = { members: 1, senders: 1, hasAcks: dialect.hasAcks, maxUnacked: limits.maxUnackedSends, send }
  const group = new Group(options, listener, faults)
  const received = (body: string) => {
    const n = numberOf(body)
    if (n === undefined) faults.add(`received something else: ${body.slice(0, 20)}`)
    else group.received(0, n)
  }
  const wires = await Promise.all([
    dialect.open(plan.sender, { body: () => {}, acked: (n) => group.acked(n) }, faults),
    dialect.open(plan.receiver, { body: received, acked: () => {} }, faults),
  ])
  sender = wires[0]
  return group
}
