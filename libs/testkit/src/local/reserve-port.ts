import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const folder = join(tmpdir(), 'fastchat-ports')
const own = new Set<string>()
let isPrepared = false

/**
 * Reserves a port for this process until it ends, and returns false if another process holds it.
 * Between choosing a port and listening on it, and while a server is down for a moment, nothing
 * else shows that the port is taken.
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

/**
 * Creates the folder for all accounts of this machine, and removes the files of processes that have
 * ended.
 */
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

/** Returns true if the process that wrote the file has ended. */
function isLeftOver(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/**
 * Tries a change and ignores its failure: the files of another account cannot be changed, so those
 * ports stay reserved.
 */
function attempt(change: () => void): void {
  try {
    change()
  } catch {}
}
