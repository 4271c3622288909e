import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificateFiles, freePort, type LocalPostgres, migrate, startPostgres } from '@fastchat/testkit'
import pg from 'pg'

export type OwnPostgres = LocalPostgres & {
  /** Runs a query as the superuser, or as the user of `url`. */
  sql(text: string, url?: string): Promise<Record<string, unknown>[]>
  log(): Promise<string>
  /** Kills the server, as a crash would. */
  crash(): Promise<void>
  restart(): Promise<void>
}

/**
 * Starts a PostgreSQL for tests that change the server itself. It has all migrations unless
 * `isEmpty`.
 */
export async function startOwnPostgres({
  tls,
  isEmpty = false,
}: {
  readonly tls?: CertificateFiles
  readonly isEmpty?: boolean
} = {}): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-postgres-'))
  await chmod(folder, 0o711) // When we are root, PostgreSQL runs as another account.
  const logFile = join(folder, 'log')
  const options = { dataDir: join(folder, 'data'), port: await freePort(), logFile, ...(tls && { tls }) }
  let postgres = await startPostgres(options)
  const { url: ownUrl } = postgres
  if (!isEmpty) await migrate(ownUrl)
  return {
    ...postgres,
    log: () => readFile(logFile, 'utf8'),
    async crash() {
      postgres.kill('SIGKILL')
      await postgres.exited
    },
    async restart() {
      postgres = await startPostgres(options)
    },
    async sql(text, url = ownUrl) {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return (await client.query<Record<string, unknown>>(text).finally(() => client.end())).rows
    },
    async stop() {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const program = join(import.meta.dirname, '../../prisma/src/main.ts')

/** Runs a command of `prisma/src/main.ts` and returns its exit code and output. */
export const runMigrations = (command: string, env: Readonly<Record<string, string>>) =>
  new Promise<{ code: number | null; output: string }>((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const options = { env: { PATH, NODE_COMPILE_CACHE, ...env }, encoding: 'utf8' } as const
    const child = execFile(process.execPath, [program, command], options, (_, out, err) =>
      resolve({ code: child.exitCode, output: out + err }),
    )
  })
