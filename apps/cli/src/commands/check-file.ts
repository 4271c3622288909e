import { maxFileBytes } from '@fastchat/client'
import { fileSource } from '@fastchat/client/node'
import { CliError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'
import { formatSize } from '../text/format.ts'

/**
 * Checks that a file can be sent, before any of it is read.
 * @throws {CliError} `cannot_read`, `too_large`
 */
export async function checkFile(path: string): Promise<void> {
  const { size } = await fileSource(path).catch((cause: unknown) => {
    throw new CliError('cannot_read', fileErrorWords(cause, path) ?? `${path} cannot be read`, 1, { cause })
  })
  if (size <= maxFileBytes) return
  const most = Math.floor(maxFileBytes / 2 ** 20)
  throw new CliError('too_large', `${path} has ${formatSize(size)}. A file has at most ${most} MiB. Nothing was sent`)
}
