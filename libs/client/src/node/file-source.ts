import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { FileSource } from '../files/file-source.ts'

const readBytes = 256 * 1024

/** The types of common files, by the end of their names. No app of ours relies on them. */
const types: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.epub': 'application/epub+zip',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.gz': 'application/gzip',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.m4a': 'audio/mp4',
  '.md': 'text/markdown',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.odt': 'application/vnd.oasis.opendocument.text',
  '.ogg': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.tar': 'application/x-tar',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.zip': 'application/zip',
}

/**
 * Returns the source of the file at a path. Only its size is read until it is sent.
 *
 * @throws {Error} errors of the file system, and `EISDIR` unless it is a regular file
 */
export async function fileSource(path: string): Promise<FileSource> {
  const found = await stat(path)
  // A pipe or a device has no size, and may never end.
  if (!found.isFile())
    throw Object.assign(new Error(`${path} is no regular file`), { code: 'EISDIR', syscall: 'open', path })
  return {
    name: basename(path),
    mime: types[extname(path).toLowerCase()] ?? 'application/octet-stream',
    size: found.size,
    open: () => createReadStream(path, { highWaterMark: readBytes }),
  }
}
