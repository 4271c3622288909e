import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { askRedis } from './ask-redis.ts'
import { freePort } from './free-port.ts'
import { type LocalRedis, type StartRedisOptions, startRedis } from './redis.ts'

const slotCount = 16_384
/** The number of slots that move at the same time. */
const slotsPerStep = 100
/** The time for new nodes to learn of each other by gossip. A slow machine needs some rounds. */
const settleTimeoutMs = 60_000

export type StartRedisClusterOptions = {
  readonly masters?: number
  /** The number of replicas, given to the masters in turn. */
  readonly replicas?: number
  /** The silence after which a node is considered dead. */
  readonly nodeTimeoutMs?: number
  /** The password; none by default. */
  readonly password?: string
  /** TLS as for `startRedis`, and also between the nodes. */
  readonly tls?: StartRedisOptions['tls']
  /** More lines for redis.conf. */
  readonly config?: readonly string[]
}

/** A node of the cluster. Failovers decide whether it is a master or a replica. */
export type RedisNode = {
  readonly port: number
  readonly id: string
  /** The process that runs as this node now. */
  readonly server: LocalRedis
}

export type LocalRedisCluster = {
  /** The URL in the form that REDIS_URL takes. */
  readonly url: string
  readonly nodes: readonly RedisNode[]
  /** Returns the nodes that own slots, as a running node sees them. */
  masters(): Promise<readonly RedisNode[]>
  /**
   * Ends a node by SIGKILL. Resolves when the process is gone; the other nodes may not have
   * noticed.
   */
  kill(node: RedisNode): Promise<void>
  /** Starts a killed node again with the same port and id. */
  restart(node: RedisNode): Promise<void>
  /** Moves `count` slots with their keys from one master to another, as live resharding does. */
  moveSlots(from: RedisNode, to: RedisNode, count: number): Promise<void>
  /**
   * Resolves when all running nodes agree on the owner of each slot, all slots are served, and
   * every replica follows.
   */
  settled(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a Redis Cluster of real servers on 127.0.0.1. Throws OperatorError if a server does not
 * start.
 */
export async function startRedisCluster(options: StartRedisClusterOptions = {}): Promise<LocalRedisCluster> {
  const { masters: masterCount = 3, replicas = 3, nodeTimeoutMs = 2_000, password, tls } = options
  const dir = await mkdtemp(join(tmpdir(), 'fastchat-cluster-'))
  const nodes: { port: number; busPort: number; id: string; server: LocalRedis; isUp: boolean }[] = []
  const running = () => nodes.filter(({ isUp }) => isUp)
  const ask = (node: { port: number }, ...commands: readonly (string | number)[][]) =>
    askRedis(node.port, password, commands)

  function startNode(port: number, busPort: number): Promise<LocalRedis> {
    const config = [
      'cluster-enabled yes',
      `cluster-port ${busPort}`,
      `cluster-config-file nodes-${port}.conf`,
      `cluster-node-timeout ${nodeTimeoutMs}`,
      // A replica stands for election however long its master has been away.
      'cluster-replica-validity-factor 0',
      'repl-diskless-sync-delay 0',
      ...(password === undefined ? [] : [`masterauth ${password}`]),
      ...(tls === undefined ? [] : ['tls-cluster yes']),
      ...(options.config ?? []),
    ]
    return startRedis({ port, dir, config, ...(password !== undefined && { password }), ...(tls && { tls }) })
  }

  async function view(node: { port: number }): Promise<readonly NodeView[]> {
    const [table] = await ask(node, ['CLUSTER', 'NODES'])
    return String(table).trim().split('\n').map(parseNode)
  }

  async function expectSettled(): Promise<void> {
    const owners = new Set<string>()
    for (const node of running()) {
      const [info, replication] = await ask(node, ['CLUSTER', 'INFO'], ['INFO', 'replication'])
      if (!String(info).includes('cluster_state:ok')) throw new Error(`the cluster is down for ${node.port}`)
      const isMaster = String(replication).includes('role:master')
      if (!isMaster && !String(replication).includes('master_link_status:up')) throw new Error('a replica lags')
      const seen = await view(node)
      for (const { id } of running()) {
        const one = seen.find((it) => it.id === id)
        if (one === undefined || /fail|handshake/.test(one.flags)) throw new Error(`${node.port} misses ${id}`)
      }
      const slots = seen.flatMap((one) => one.slots.map((slot) => `${slot}=${one.id}`))
      if (slots.length !== slotCount) throw new Error(`${node.port} knows of ${slots.length} slots`)
      owners.add(slots.sort().join())
    }
    if (owners.size !== 1) throw new Error('the nodes disagree about slots')
  }
  const settled = () => eventually(expectSettled, { timeoutMs: settleTimeoutMs, everyMs: 100 })

  async function form(): Promise<void> {
    const [first, ...others] = nodes
    const chosen = nodes.slice(0, masterCount)
    for (const [at, node] of nodes.entries()) {
      await ask(node, ['CLUSTER', 'SET-CONFIG-EPOCH', at + 1])
      if (at >= masterCount) continue
      const [from, to] = [at, at + 1].map((edge) => Math.floor((edge * slotCount) / masterCount))
      await ask(node, ['CLUSTER', 'ADDSLOTSRANGE', from!, to! - 1])
    }
    for (const { server, busPort } of others)
      await ask(first!, ['CLUSTER', 'MEET', '127.0.0.1', server.clientPort, busPort])
    await settled()
    for (const [at, node] of nodes.slice(masterCount).entries()) {
      await ask(node, ['CLUSTER', 'REPLICATE', chosen[at % masterCount]!.id])
    }
    await settled()
    await eventually(
      async () => {
        const replicas = (await view(first!)).filter(({ flags }) => flags.includes('slave'))
        if (replicas.length !== nodes.length - masterCount) throw new Error('a replica is not known yet')
      },
      { timeoutMs: settleTimeoutMs },
    )
  }

  async function stop(): Promise<void> {
    for (const { server } of nodes) server.kill('SIGCONT')
    await Promise.all(nodes.map(({ server }) => server.stop()))
    await rm(dir, { recursive: true, force: true })
  }

  try {
    for (let at = 0; at < masterCount + replicas; at++) {
      const [port, busPort] = [await freePort(), await freePort()]
      const server = await startNode(port, busPort)
      const [id] = await ask({ port }, ['CLUSTER', 'MYID'])
      nodes.push({ port, busPort, id: String(id), server, isUp: true })
    }
    await form()
  } catch (error) {
    await stop()
    throw error
  }
  const find = ({ port }: RedisNode) => nodes.find((node) => node.port === port)!
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`

  return {
    url: `${tls ? 'rediss' : 'redis'}+cluster://${login}${nodes.map(({ server }) => `127.0.0.1:${server.clientPort}`).join(',')}`,
    nodes,
    settled,
    stop,
    async masters() {
      const seen = await view(running()[0]!)
      const owners = new Set(seen.filter(({ slots }) => slots.length > 0).map(({ id }) => id))
      return nodes.filter(({ id }) => owners.has(id))
    },
    async kill(node) {
      const killed = find(node)
      killed.isUp = false
      killed.server.kill('SIGKILL')
      await killed.server.exited
    },
    async restart(node) {
      const killed = find(node)
      killed.server = await startNode(killed.port, killed.busPort)
      killed.isUp = true
    },
    async moveSlots(from, to, count) {
      const owned = (await view(from)).find(({ id }) => id === from.id)?.slots ?? []
      if (owned.length < count) throw new Error(`${from.port} has only ${owned.length} slots`)
      for (let at = 0; at < count; at += slotsPerStep) {
        const slots = owned.slice(at, Math.min(at + slotsPerStep, count))
        const each = (...state: string[]) => slots.map((slot) => ['CLUSTER', 'SETSLOT', slot, ...state])
        await ask(to, ...each('IMPORTING', from.id))
        await ask(from, ...each('MIGRATING', to.id))
        const auth = password === undefined ? [] : ['AUTH', password]
        for (const slot of slots) {
          const [keys] = await ask(from, ['CLUSTER', 'GETKEYSINSLOT', slot, 10_000])
          if (!Array.isArray(keys) || keys.length === 0) continue
          await ask(from, ['MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, ...auth, 'KEYS', ...keys.map(String)])
        }
        await ask(to, ...each('NODE', to.id))
        await ask(from, ...each('NODE', to.id))
      }
    },
  }
}

type NodeView = { readonly id: string; readonly flags: string; readonly slots: readonly number[] }

/**
 * Parses a line of CLUSTER NODES: `id address flags master ping pong epoch link slots…`. Slots that
 * are being moved stand in brackets.
 */
function parseNode(line: string): NodeView {
  const [id = '', , flags = '', , , , , , ...ranges] = line.split(' ')
  const slots = ranges
    .filter((range) => !range.startsWith('['))
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, at) => from + at)
    })
  return { id, flags, slots }
}
