import { createWriteStream } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { ExportSink } from '../export/export-history.ts'
import { safeExportName } from '../export/safe-export-name.ts'

/** The file by which a folder is known as an export of an account. */
const markName = 'fastchat-export.json'
const [privateFile, privateFolder] = [0o600, 0o700]

/**
 * Opens a folder for an export: a new one, an empty one, or that of an earlier export of the same
 * account. Only the user can read the written files.
 *
 * @throws {ClientError} `not_an_export` for a folder with other files
 */
export async function openExportFolder(folder: string, userId: UserId): Promise<ExportSink> {
  await mkdir(folder, { recursive: true, mode: privateFolder })
  const mark = join(folder, markName)
  const known = await readFile(mark, 'utf8').catch(() => undefined)
  if (known === undefined) {
    if ((await readdir(folder)).length > 0) throw new ClientError('not_an_export')
    await writeFile(mark, `${JSON.stringify({ v: 1, userId })}\n`, { flag: 'wx', mode: privateFile })
  } else if (!isOf(known, userId)) throw new ClientError('not_an_export')

  const place = async (path: string): Promise<string> => {
    const whole = join(folder, path)
    await privateParents(folder, path)
    return whole
  }
  return {
    safeName: safeExportName,
    async chatFolder(name, conversation) {
      return `${safeExportName(name)}-${conversation}`
    },
    async writeLines(path, lines) {
      const whole = await place(path)
      const part = await freshPart(whole)
      await pipeline(Readable.from(withBreaks(lines)), createWriteStream(part, { flags: 'wx', mode: privateFile }))
      await rename(part, whole)
    },
    async hasFile(path, size) {
      const found = await lstat(join(folder, path)).catch(() => undefined)
      return found?.isFile() === true && found.size === size
    },
    async writeFile(path, bytes) {
      const whole = await place(path)
      const part = await freshPart(whole)
      await writeFile(part, bytes, { flag: 'wx', mode: privateFile })
      if (await lstat(whole).catch(() => undefined)) {
        await rm(part)
        throw new ClientError('not_an_export', `${path} is there already, and is another file. Move it away`)
      }
      await rename(part, whole)
    },
  }
}

function isOf(mark: string, userId: UserId): boolean {
  try {
    // Any other JSON has no such field.
    return (JSON.parse(mark) as { userId?: unknown } | null)?.userId === userId
  } catch {
    return false
  }
}

/** Makes the folders above a file. A link in their place would lead out of the export. */
async function privateParents(folder: string, path: string): Promise<void> {
  let at = folder
  for (const part of dirname(path).split('/')) {
    at = join(at, part)
    await mkdir(at, { mode: privateFolder }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    if (!(await lstat(at)).isDirectory())
      throw new ClientError('not_an_export', `${at} is not a folder. Move it away, and export again`)
  }
}

/** Returns the name of an unfinished file. What an interrupted export left there goes. */
async function freshPart(whole: string): Promise<string> {
  const part = join(dirname(whole), `.${basename(whole)}.part`)
  await rm(part, { force: true })
  return part
}

async function* withBreaks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}
