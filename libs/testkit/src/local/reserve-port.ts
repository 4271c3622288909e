import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const folder = join(tmpdir(), 'fastchat-ports')
const own = new Set<string>()
let isPrepared = false

/**
 * Keeps a port for this process until it ends, against all others that ask here: between choosing a port and listening on it, and while a
 * server is down for a moment, nothing else shows that it is taken. False: somebody has it.
 */
export function reservePort(port: number): boolean {
  if (!isPrepared) prepare()
  isPrepared = true
  const file = join(folder, String(port))
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    own.add(file)
    return true
  } catch {
    return false
  }
}

/** For everybody on this machine, as the folder for temporary files is. */
function prepare(): void {
  mkdirSync(folder, { recursive: true })
  attempt(() => chmodSync(folder, 0o1777))
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (isLeftOver(file)) attempt(() => rmSync(file, { force: true }))
  }
  process.once('exit', () => {
    for (const file of own) rmSync(file, { force: true })
  })
}

/** Whoever wrote it was killed. */
function isLeftOver(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** What is another user's is for that user to change; those ports are left alone. */
function attempt(change: () => void): void {
  try {
    change()
  } catch {}
}
