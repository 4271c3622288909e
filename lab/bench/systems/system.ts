import type { GroupPlan, PairPlan, PeerName, SocketPlan } from '../driver/calls.ts'
import type { Parts } from '../proc.ts'

export type SystemName = 'ours' | PeerName

/** A chat server on two or more nodes, started for the bench alone. */
export type System = {
  readonly name: SystemName
  /** The pids of all its processes, stores included. */
  readonly servers: Parts
  /** The names of the processes that hold the connections. */
  readonly nodes: readonly string[]
  /** Creates pairs whose senders are on the first node and whose receivers are on the second. */
  pairs(count: number): Promise<readonly PairPlan[]>
  /** Creates one group whose members are spread over the nodes. */
  group(members: number, senders: number): Promise<GroupPlan>
  /** Creates `count` more devices that only listen, all on the first node. */
  idle(count: number): Promise<readonly SocketPlan[]>
  /**
   * Checks the store. @throws Error unless exactly `messages` were stored in all, where the system
   * stores any
   */
  checkStored(messages: number): Promise<void>
  stop(): Promise<void>
}

export type StartOptions = {
  readonly nodes: number
  /** The number of conversations of each idle device, where the system has conversations. */
  readonly conversations: number
  /** Additional environment for the nodes that are Node programs. */
  readonly env?: Readonly<Record<string, string>>
}

export type StartSystem = (options: StartOptions) => Promise<System>
