import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { CliError, exitCodes, usageError } from '../cli-error.ts'

/** The longest password. A longer file is probably another file. */
const maxSecretBytes = 4_096

/** Reads a secret from a stream, without one line break at its end. @throws {CliError} `usage` */
export async function readSecret(from: Readable, where: string): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of from) {
    parts.push(Buffer.from(part))
    size += parts.at(-1)?.length ?? 0
    if (size > maxSecretBytes) throw usageError(`${where} holds more than ${maxSecretBytes} bytes: that is no password`)
  }
  const secret = Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (secret === '') throw usageError(`${where} is empty: there is no password in it`)
  return secret
}

/**
 * Reads a secret from the file that a variable names. @throws {CliError} `usage` when it can't be
 * read.
 */
export async function readSecretFile(path: string, variable = 'FASTCHAT_PASSWORD_FILE'): Promise<string> {
  const where = `The file of ${variable}`
  try {
    return await readSecret(createReadStream(path), where)
  } catch (error) {
    if (error instanceof CliError) throw error
    const message = `${where} can't be read: ${path}. Check its path and its rights`
    throw new CliError('usage', message, exitCodes.usage, { cause: error })
  }
}
