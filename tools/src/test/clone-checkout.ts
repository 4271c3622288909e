import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const checkout = join(import.meta.dirname, '../../..')
/** Folders that are not copied: they hold secrets, and no start and no test reads them. */
const notCopied = ['.data', '.git']

export type Clone = { readonly path: string; remove(): Promise<void> }

/**
 * Copies the checkout, node_modules included, into a new folder of this name. Only its owner may
 * enter it. Files are hard links where the disk is the same, so it takes seconds. No file of the
 * copy may be changed in place.
 */
export async function cloneCheckout(name: string): Promise<Clone> {
  const names = (await readdir(checkout)).filter((one) => !notCopied.includes(one))
  const sources = names.map((one) => join(checkout, one))
  for (const [place, option] of [
    [tmpdir(), '-al'],
    [dirname(checkout), '-al'],
    [tmpdir(), '-a'],
  ] as const) {
    const folder = await mkdtemp(join(place, 'fastchat-clone-')).catch(() => undefined)
    if (folder === undefined) continue
    const remove = () => rm(folder, { recursive: true, force: true })
    await chmod(folder, 0o700)
    const path = join(folder, name)
    await mkdir(path)
    const isCopied = await run('cp', [option, ...sources, path]).then(
      () => true,
      () => false,
    )
    if (isCopied) return { path, remove }
    await remove()
  }
  throw new Error('there is no folder with room for a copy of the checkout')
}
