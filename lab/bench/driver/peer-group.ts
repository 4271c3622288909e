import { limits } from '@fastchat/schema'
import { numberOf } from './body.ts'
import type { PeerGroupPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import { Group } from './group.ts'
import type { LaneListener } from './lane.ts'
import { dialects } from './peers/index.ts'
import type { Wire } from './web-socket.ts'

/**
 * Opens the sockets of a peer's room. The members join one after the other, since not every peer
 * handles joins at once.
 */
export async function openPeerGroup(plan: PeerGroupPlan, listener: LaneListener, faults: Faults): Promise<Group> {
  const dialect = dialects[plan.members[0]!.peer]
  const wires: Wire[] = []
  const send = (n: number) => wires[n % plan.senders]!.sendText(dialect.message(plan.to, 'room', n))
  const { senders } = plan
  const options = {
    members: plan.members.length,
    senders,
    hasAcks: dialect.hasAcks,
    maxUnacked: limits.maxUnackedSends,
    send,
  }
  const group = new Group(options, listener, faults)
  for (const [at, member] of plan.members.entries()) {
    const received = (body: string) => {
      const n = numberOf(body)
      if (n === undefined) faults.add(`member ${at} received something else: ${body.slice(0, 20)}`)
      else group.received(at, n)
    }
    const wire = await dialect.open(member, { body: received, acked: (n) => group.acked(n) }, faults)
    await dialect.join(wire, plan.to, member.user)
    wires.push(wire)
  }
  return group
}
