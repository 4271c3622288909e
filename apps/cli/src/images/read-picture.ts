import { readFile, stat } from 'node:fs/promises'
import { usageError } from '../cli-error.ts'
import { tooManyBytes } from './image-errors.ts'

/** Of the file as it lies on the disk; what is sent has the server's limit. */
const maxInputBytes = 100 * 1024 * 1024

/** The bytes of a file. @throws {CliError} `usage` when it cannot be read; `too_large` */
export async function readPicture(path: string): Promise<Buffer> {
  try {
    const info = await stat(path)
    if (info.isFile() && info.size > maxInputBytes) throw tooManyBytes(path, maxInputBytes)
    if (info.isFile()) return await readFile(path)
  } catch (error) {
    if (!isOfFiles(error)) throw error
    throw usageError(
      `${path}: ${error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code})`}`,
    )
  }
  throw usageError(`${path}: this is no file`)
}

const isOfFiles = (error: unknown): error is NodeJS.ErrnoException & { readonly code: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error
