import type { GroupPlan, PairPlan, PeerName, SocketPlan } from '../driver/calls.ts'
import type { Parts } from '../proc.ts'

export type SystemName = 'ours' | PeerName

/** Something that carries messages between people on two nodes, started for the bench alone. */
export type System = {
  readonly name: SystemName
  /** All its processes, stores included. */
  readonly servers: Parts
  /** Those that hold the connections. */
  readonly nodes: readonly string[]
  /** Pairs whose senders are on the first node and whose receivers are on the second. */
  pairs(count: number): Promise<readonly PairPlan[]>
  /** One group, its members on the nodes in turns. */
  group(members: number, senders: number): Promise<GroupPlan>
  /** `count` more devices that only listen, all on the first node. */
  idle(count: number): Promise<readonly SocketPlan[]>
  /** @throws Error unless exactly `messages` were stored in all, where the system stores any */
  checkStored(messages: number): Promise<void>
  stop(): Promise<void>
}

export type StartOptions = {
  readonly nodes: number
  /** Conversations of each idle device, where there is such a thing. */
  readonly conversations: number
  /** More environment for the nodes that are programs of Node. */
  readonly env?: Readonly<Record<string, string>>
}

export type StartSystem = (options: StartOptions) => Promise<System>
