import { createHash } from 'node:crypto'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** Copies the tree `folder` to `target` so that every account can read it. */
export async function copyTree(folder: string, target: string): Promise<void> {
  for (const { path, kind, isProgram } of [root, ...(await listTree(folder))]) {
    const [from, to] = [join(folder, path), join(target, path)]
    if (kind === 'link') {
      await symlink(await readlink(from), to)
      continue
    }
    if (kind === 'folder') await mkdir(to)
    else await copyFile(from, to)
    await chmod(to, kind === 'folder' || isProgram ? 0o755 : 0o644)
  }
}

/** Returns the first 32 hex digits of a SHA-256 over the names and contents of a tree. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const { path, kind, isProgram } of await listTree(folder)) {
    const full = join(folder, path)
    const content = { folder: () => '', link: () => readlink(full), file: () => readFile(full) }
    const bytes = await content[kind]()
    hash.update(JSON.stringify([path, kind, isProgram, bytes.length])).update(bytes)
  }
  return hash.digest('hex').slice(0, 32)
}

type Entry = { readonly path: string; readonly kind: 'folder' | 'link' | 'file'; readonly isProgram: boolean }

const root: Entry = { path: '', kind: 'folder', isProgram: false }

/** Lists everything in a tree, in the order of paths: a folder stands before its contents. */
async function listTree(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const listed = entries.map(async (entry): Promise<Entry> => {
    const full = join(entry.parentPath, entry.name)
    const kind = entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'file'
    const isProgram = kind === 'file' && ((await lstat(full)).mode & 0o100) !== 0
    return { path: relative(folder, full), kind, isProgram }
  })
  return (await Promise.all(listed)).sort((one, other) => (one.path < other.path ? -1 : 1))
}
