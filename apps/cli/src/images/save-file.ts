import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'

const maxNameBytes = 200
const maxTries = 1_000

/**
 * Writes a received file into a folder. Returns its path. It replaces no other file, and the
 * sender's name cannot lead out of the folder.
 */
export async function saveFile(folder: string, sentName: string, bytes: Uint8Array): Promise<string> {
  const { stem, extension } = safeFileName(sentName)
  try {
    await mkdir(folder, { recursive: true })
    for (let n = 0; n < maxTries; n++) {
      const path = join(folder, `${stem}${n === 0 ? '' : ` (${n})`}${extension}`)
      try {
        await writeFile(path, bytes, { flag: 'wx' })
        return path
      } catch (error) {
        if (isTaken(error)) continue
        // The file is not complete, so it is removed.
        await rm(path, { force: true })
        throw error
      }
    }
  } catch (cause) {
    throw new CliError('cannot_save', fileErrorWords(cause, folder) ?? `${folder} could not be written to`, 1, {
      cause,
    })
  }
  throw new CliError('cannot_save', `${folder} holds too many files of this name: name another folder`)
}

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST'

/**
 * Returns a file name that is safe here, made from the sender's name. It is no path and no hidden
 * file, and has no characters with a meaning for a terminal or a shell.
 */
export function safeFileName(sent: string): { readonly stem: string; readonly extension: string } {
  const name = (sent.split(/[/\\]/).at(-1) ?? '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a file's name.
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069<>:"|?*]/g, '_')
    .replace(/^[.\s-]+/, '')
    .replace(/[.\s]+$/, '')
  const dot = name.lastIndexOf('.')
  const hasExtension = dot > 0 && name.length - dot <= 10
  const stem = cut(hasExtension ? name.slice(0, dot) : name, maxNameBytes) || 'image'
  return { stem, extension: hasExtension ? name.slice(dot) : '' }
}

function cut(text: string, maxBytes: number): string {
  let kept = ''
  for (const letter of text) {
    if (Buffer.byteLength(kept + letter) > maxBytes) break
    kept += letter
  }
  return kept
}
