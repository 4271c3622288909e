import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { CliError, usageError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'
import { tooManyBytes } from './image-errors.ts'

/** The most bytes of a file that is read. The picture that is sent has the server's limit. */
const maxInputBytes = 100 * 1024 * 1024

/** Returns the bytes of a picture's file. @throws {CliError} `usage` or `too_large` */
export async function readPicture(path: string): Promise<Buffer> {
  try {
    // Opening a pipe without a writer would block a thread, and so the end of this process.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      if (found.isDirectory()) throw usageError(`${path} is a folder. Name a picture`)
      if (!found.isFile()) throw usageError(`${path} is not a regular file but a pipe or a device. Name a picture`)
      if (found.size > maxInputBytes) throw tooManyBytes(path, maxInputBytes, found.size)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw usageError(fileErrorWords(error, path) ?? `${path} could not be read`)
  }
}
