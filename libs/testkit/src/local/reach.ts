import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Resolves true if account `uid` may enter every folder above `path`. Rights that only an access
 * list grants are not seen.
 */
export async function canReach(path: string, uid: number): Promise<boolean> {
  for (const { mode, owner } of await foldersFrom(dirname(path))) {
    if ((mode & 0o001) === 0 && !(owner === uid && mode & 0o100)) return false
  }
  return true
}

/** Resolves true if every account may reach and read the whole tree `folder`. */
export async function isReadableByAll(folder: string): Promise<boolean> {
  if (!(await canReach(join(folder, 'any'), nobody))) return false
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const { mode } = await lstat(join(entry.parentPath, entry.name))
    const needed = entry.isDirectory() || mode & 0o100 ? 0o005 : 0o004
    if ((mode & needed) !== needed) return false
  }
  return true
}

/** Resolves true if only root can change `folder` or put another in its place. */
export async function isOnlyRoots(folder: string): Promise<boolean> {
  if ((await lstat(folder)).isSymbolicLink()) return false
  const [own, ...above] = await foldersFrom(folder)
  if (own === undefined || own.owner !== 0 || own.mode & 0o022) return false
  // An account that can change `/` can change every program of the machine.
  return above.slice(0, -1).every(({ mode, owner }) => owner === 0 && ((mode & 0o022) === 0 || (mode & sticky) !== 0))
}

const sticky = 0o1000
/** A user id that owns no file. */
const nobody = -1

/** Returns the rights of a folder and of all folders above it, with links resolved. */
async function foldersFrom(path: string): Promise<readonly { readonly mode: number; readonly owner: number }[]> {
  const folders = []
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    const { mode, uid: owner } = await stat(folder)
    folders.push({ mode, owner })
    if (folder === dirname(folder)) return folders
  }
}
