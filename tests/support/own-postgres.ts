import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificateFiles, type LocalPostgres, migrate, startPostgres } from '@fastchat/testkit'

/** A PostgreSQL for tests that change the server itself, migrated. */
export async function startOwnPostgres(tls?: CertificateFiles): Promise<LocalPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-postgres-'))
  await chmod(folder, 0o711) // when we are root, PostgreSQL runs as another account
  const postgres = await startPostgres({ dataDir: join(folder, 'data'), ...(tls && { tls }) })
  await migrate(postgres.url)
  return {
    ...postgres,
    async stop() {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const program = join(import.meta.dirname, '../../prisma/src/main.ts')

/** Runs a command of `prisma/src/main.ts` to its end. */
export const runMigrations = (command: string, env: Readonly<Record<string, string>>) =>
  new Promise<{ code: number | null; output: string }>((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' } as const
    const child = execFile(process.execPath, [program, command], options, (_, out, err) =>
      resolve({ code: child.exitCode, output: out + err }),
    )
  })
