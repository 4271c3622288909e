import type { RedisAddress } from './redis-url.ts'

/** Returns the owner of a slot, or undefined if no node claims it. */
export type SlotOwners = (slot: number) => RedisAddress | undefined

type Claim = { readonly owner: RedisAddress; readonly epoch: number }

/**
 * Combines the answers of several nodes to CLUSTER NODES. Nodes learn of a moved slot by gossip,
 * one after the other. Where they disagree, the claim with the higher configuration epoch is newer.
 * Nodes agree by the same rule (Redis Cluster specification, "Hash slots configuration
 * propagation").
 */
export function readTopology(
  answers: readonly { readonly from: RedisAddress; readonly nodes: string }[],
  { hasTls }: { readonly hasTls: boolean },
): SlotOwners {
  const claims = new Map<number, Claim>()
  for (const { from, nodes } of answers) {
    for (const line of nodes.split('\n')) {
      // id ip:port@bus[,hostname[,…]] flags master ping pong epoch link slot-range …
      const [, at = '', flags = '', , , , epoch, , ...ranges] = line.trim().split(' ')
      if (!flags.includes('master') || flags.includes('noaddr')) continue
      const claim = { owner: addressOf(at, from, hasTls), epoch: Number(epoch) }
      for (const range of ranges) {
        if (range.startsWith('[')) continue // a moving slot stays with its owner until it has arrived
        const [first = 0, last = first] = range.split('-').map(Number)
        for (let slot = first; slot <= last; slot++) {
          if ((claims.get(slot)?.epoch ?? -1) < claim.epoch) claims.set(slot, claim)
        }
      }
    }
  }
  return (slot) => claims.get(slot)?.owner
}

/** Returns a node's address. A node without one is the node that was asked. TLS needs the name. */
function addressOf(text: string, asked: RedisAddress, hasTls: boolean): RedisAddress {
  const [endpoint = '', hostname = ''] = text.split(',')
  const colon = endpoint.lastIndexOf(':')
  const ip = endpoint.slice(0, colon)
  const host = (hasTls && hostname) || ip || asked.host
  return { host, port: Number.parseInt(endpoint.slice(colon + 1), 10) }
}

/** Returns the new owner from `MOVED 3999 127.0.0.1:6381`, or undefined for another error. */
export function movedTo(error: Error): string | undefined {
  return /^MOVED \d+ (\S+)$/.exec(error.message)?.[1]
}
