import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  eventually,
  freePort,
  type LocalPostgres,
  type OwnedProcess,
  startOwnedProcess,
  startPostgres,
} from '@fastchat/testkit'
import pg from 'pg'
import { password } from '../driver/peers/ejabberd.ts'
import type { StartOptions, System } from '../systems/system.ts'
import { ejabberdConfig } from './ejabberd-config.ts'
import { type EjabberdPackage, findEjabberd } from './ejabberd-package.ts'
import { PeerUsers } from './peer-users.ts'

const startTimeoutMs = 60_000
/** The number of accounts that are seeded, as many as any case may use. */
const accounts = 30_000

/**
 * Starts ejabberd as a cluster whose archive (MAM, XEP-0313) is in a separate PostgreSQL. It stores
 * each message before it delivers it, once for each side. Everything is in a temporary folder, and
 * no service of the machine is started.
 */
export async function startEjabberd({ nodes }: StartOptions): Promise<System> {
  const found = await findEjabberd()
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-ejabberd-'))
  await chmod(folder, 0o711) // when we are root, PostgreSQL runs as another account
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres') })
  const processes: OwnedProcess[] = []
  const stop = async () => {
    for (const started of processes.toReversed()) await started.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await query(postgres, `create database ejabberd`)
    const database = { url: new URL(postgres.url), name: 'ejabberd' }
    database.url.pathname = '/ejabberd'
    await fill(database.url, found)
    const epmdPort = await freePort()
    const env = environment(found, folder, epmdPort)
    processes.push(
      await startOwnedProcess({ name: 'epmd', command: found.epmd, args: ['-port', String(epmdPort)], env }),
    )
    const ports: number[] = []
    for (let n = 0; n < nodes; n++) {
      const port = await freePort()
      processes.push(await startNode({ n, port, folder, database: database.url, found, env }))
      ports.push(port)
    }
    const users = new PeerUsers(
      'ejabberd',
      ports.map((port) => `tcp://127.0.0.1:${port}`),
    )
    const [, ...ejabberds] = processes
    return {
      name: 'ejabberd',
      servers: { ...Object.fromEntries(ejabberds.map(({ name, pid }) => [name, pid])), postgres: postgres.pid },
      nodes: ejabberds.map(({ name }) => name),
      pairs: async (count) => users.pairs(count, (user) => `${user}@localhost`),
      group: async (members, senders) => ({
        members: users.spread(members),
        senders,
        to: `${users.room()}@conference.localhost`,
      }),
      idle: async (count) => users.on(0, count),
      /** The archive has one copy for each side of a pair, or one for a room. */
      async checkStored(messages) {
        const [row] = await query({ url: database.url.href }, 'select count(*)::int as stored from archive')
        const stored = Number(row?.stored)
        if (stored !== 2 * messages && stored !== messages)
          throw new Error(`ejabberd delivered ${messages}, but its archive has ${stored} copies`)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function fill(url: URL, { schema }: EjabberdPackage): Promise<void> {
  await query({ url: url.href }, schema)
  await query(
    { url: url.href },
    `insert into users (username, password) select 'user' || n, '${password}' from generate_series(1, ${accounts}) n`,
  )
}

type Node = {
  readonly n: number
  readonly port: number
  readonly folder: string
  readonly database: URL
  readonly found: EjabberdPackage
  readonly env: Readonly<Record<string, string>>
}

/** Starts a node. Every node but the first joins the first. */
async function startNode({ n, port, folder, database, found, env }: Node): Promise<OwnedProcess> {
  const name = `ejabberd-${n}`
  const home = join(folder, name)
  await mkdir(home)
  const config = join(home, 'ejabberd.yml')
  await writeFile(config, ejabberdConfig({ port, database }))
  const joined = join(home, 'joined')
  const join0 = `ok = ejabberd_cluster:join('ejabberd-0@localhost'), `
  const node = await startOwnedProcess({
    name,
    command: found.erlexec,
    args: [
      ...['-noinput', '+K', 'true', '+P', '250000', '-start_epmd', 'false'],
      ...['-setcookie', 'fastchat-bench', '-sname', `${name}@localhost`, '-mnesia', 'dir', `"${join(home, 'mnesia')}"`],
      ...['-s', 'ejabberd', '-eval', `${n === 0 ? '' : join0}ok = file:write_file("${joined}", []).`],
    ],
    env: { ...env, EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: join(home, 'log') },
    cwd: home,
  })
  await untilJoined(node, joined)
  return node
}

async function untilJoined(node: OwnedProcess, file: string): Promise<void> {
  const ended = node.exited.then(() => {
    throw new Error(`${node.name} ended: ${node.output().slice(-500)}`)
  })
  const joined = eventually(() => access(file), { timeoutMs: startTimeoutMs, everyMs: 50 })
  await Promise.race([joined, ended])
}

function environment(found: EjabberdPackage, folder: string, epmdPort: number): Readonly<Record<string, string>> {
  return {
    ROOTDIR: found.rootDir,
    BINDIR: found.binDir,
    EMU: 'beam',
    PROGNAME: 'erl',
    PATH: `${found.binDir}:${process.env.PATH}`,
    ERL_LIBS: found.libraries,
    LD_LIBRARY_PATH: found.libraries,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    HOME: folder,
  }
}

async function query({ url }: Pick<LocalPostgres, 'url'>, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
