import { constants, copyFile, link, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'
import { safeFileName } from './safe-file-name.ts'

const maxTries = 1_000

/**
 * Writes a received file into a folder. Returns its path. It replaces no other file, and the
 * sender's name cannot lead out of the folder. The file appears under its name when it is whole:
 * until then it is in a folder beside. It cannot be executed.
 */
export async function saveFile(
  folder: string,
  sentName: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<string> {
  const { stem, extension } = safeFileName(sentName)
  let beside: string | undefined
  try {
    await mkdir(folder, { recursive: true })
    beside = await mkdtemp(join(folder, '.fastchat-'))
    const unfinished = join(beside, 'part')
    await write(unfinished, bytes)
    for (let n = 0; n < maxTries; n++) {
      const path = join(folder, `${stem}${n === 0 ? '' : ` (${n})`}${extension}`)
      if (await appearAs(unfinished, path)) return path
    }
  } catch (cause) {
    const words = fileErrorWords(cause, folder)
    if (words === undefined && cause instanceof Error && 'code' in cause) throw cause
    throw new CliError('cannot_save', words ?? `${folder} could not be written to`, 1, { cause })
  } finally {
    if (beside) await rm(beside, { recursive: true, force: true }).catch(() => {})
  }
  throw new CliError('cannot_save', `${folder} holds too many files of this name: name another folder`)
}

async function write(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o666)
  try {
    if (bytes instanceof Uint8Array) await file.writeFile(bytes)
    else for await (const piece of bytes) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Gives a whole file its name. Returns false if the name is taken. */
async function appearAs(whole: string, path: string): Promise<boolean> {
  try {
    await link(whole, path)
    return true
  } catch (error) {
    if (isTaken(error)) return false
    if (!isWithoutLinks(error)) throw error
  }
  try {
    // Some disks have no links, such as those of cameras.
    await copyFile(whole, path, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (isTaken(error)) return false
    await rm(path, { force: true })
    throw error
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
const isTaken = (error: unknown): boolean => codeOf(error) === 'EEXIST'
const withoutLinks: readonly unknown[] = ['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EINVAL']
const isWithoutLinks = (error: unknown): boolean => withoutLinks.includes(codeOf(error))
