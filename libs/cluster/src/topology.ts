import type { RedisAddress } from './redis-url.ts'

/** Who owns a slot, as far as anybody has said so; `undefined`: nobody has. */
export type SlotOwners = (slot: number) => RedisAddress | undefined

type Claim = { readonly owner: RedisAddress; readonly epoch: number }

/**
 * Puts together what several nodes of a Redis Cluster answer to CLUSTER NODES. They learn of a moved slot by gossip, one after
 * the other; where they disagree the claim with the higher configuration epoch is the newer one, the rule by which the
 * nodes themselves come to agree (Redis Cluster specification, "Hash slots configuration propagation").
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
        if (range.startsWith('[')) continue // on its way: until it has arrived, it is where it was
        const [first = 0, last = first] = range.split('-').map(Number)
        for (let slot = first; slot <= last; slot++) {
          if ((claims.get(slot)?.epoch ?? -1) < claim.epoch) claims.set(slot, claim)
        }
      }
    }
  }
  return (slot) => claims.get(slot)?.owner
}

/** A node may not know its own address yet: then it is the one that was asked. With TLS a certificate needs the name. */
function addressOf(text: string, asked: RedisAddress, hasTls: boolean): RedisAddress {
  const [endpoint = '', hostname = ''] = text.split(',')
  const colon = endpoint.lastIndexOf(':')
  const ip = endpoint.slice(0, colon)
  const host = (hasTls && hostname) || ip || asked.host
  return { host, port: Number.parseInt(endpoint.slice(colon + 1), 10) }
}

/** Where the slot of a refused command is now: `MOVED 3999 127.0.0.1:6381`. */
export function movedTo(error: Error): string | undefined {
  return /^MOVED \d+ (\S+)$/.exec(error.message)?.[1]
}
