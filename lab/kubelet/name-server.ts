import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet'

/** The interval at which ws-router resolves names again. */
const ttlSeconds = 5
const nameError = 3

export type NameServer = { close(): Promise<void> }

/**
 * Returns the addresses of a name. They are empty when no pod has it now, and undefined when there
 * is no such name.
 */
export type Lookup = (name: string) => readonly string[] | undefined

/**
 * Opens the DNS server (RFC 1035, over UDP) of a cluster. It answers for the cluster's names only,
 * and asks no other server.
 */
export async function openNameServer(address: string, lookup: Lookup, port = 53): Promise<NameServer> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, { address: from, port: fromPort }) => {
    const reply = replyTo(bytes, lookup)
    if (reply) socket.send(reply, fromPort, from)
  })
  socket.bind(port, address)
  await once(socket, 'listening')
  return {
    async close() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

/** Returns the reply to a query, or undefined for other packets. */
export function replyTo(bytes: Uint8Array, lookup: Lookup): Buffer | undefined {
  const query = parse(bytes)
  const [question] = query?.questions ?? []
  if (query?.type !== 'query' || question === undefined) return undefined
  const addresses = lookup(question.name.toLowerCase())
  // 0x0400 means authoritative, 0x0080 that recursion is available, which glibc expects.
  const flags = 0x0480 | ((query.flags ?? 0) & 0x0100) | (addresses === undefined ? nameError : 0)
  return encode({
    type: 'response',
    id: query.id ?? 0,
    flags,
    questions: [question],
    answers: answers(question, addresses),
  })
}

function answers({ name, type }: Question, addresses: readonly string[] = []): Answer[] {
  if (type !== 'A') return []
  return addresses.map((data) => ({ type: 'A', name, ttl: ttlSeconds, data }))
}

function parse(bytes: Uint8Array): Packet | undefined {
  try {
    return decode(Buffer.from(bytes))
  } catch {
    return undefined
  }
}
