import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parseWebManifest, type WebManifest } from '@fastchat/web/manifest'
import { CliError, usageError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'

const buildMs = 5 * 60_000

/**
 * Reads the manifest of a file. Without a file it is that of this version: the page is built from
 * the sources of this installation, unless it is built already.
 * @throws {CliError} `cannot_read`, `usage`, `no_page_sources`
 */
export async function releaseManifest(cwd: string, file: string | undefined): Promise<WebManifest> {
  const path = file === undefined ? await buildHere() : resolve(cwd, file)
  const written = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('cannot_read', fileErrorWords(cause, path) ?? `${path} cannot be read`, 1, { cause })
  })
  try {
    return parseWebManifest(written)
  } catch {
    throw usageError(`${path} is no manifest of a page. Take the manifest.json of a release`)
  }
}

/** Builds the page in another process, since the builder is large. Returns its manifest's path. */
async function buildHere(): Promise<string> {
  const script = findScript(import.meta.dirname)
  if (script === undefined)
    throw new CliError('no_page_sources', 'The sources of the page are not here. Give --manifest FILE of a release')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: buildMs })
    return stdout.trim()
  } catch (cause) {
    const words = 'The page could not be built from the sources here. Give --manifest FILE of a release'
    throw new CliError('no_page_sources', words, 1, { cause })
  }
}

/** Finds the builder in a folder above. The program runs from its sources or from a bundle. */
function findScript(folder: string): string | undefined {
  const script = join(folder, 'apps', 'web', 'build', 'main.ts')
  if (existsSync(script)) return script
  return dirname(folder) === folder ? undefined : findScript(dirname(folder))
}
