import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The name of the manifest's file in the folder of a build. */
export const manifestName = 'manifest.json'

/** The files of the page by path, each with the SHA-256 of its bytes in hex. */
export type WebManifest = {
  /** The SHA-256 of the sources. */
  readonly sources: string
  /** The headers that each file has in an answer, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
}

/** Reads the manifest of a folder with a built page. */
export function readWebManifest(folder: string): WebManifest {
  return parseWebManifest(readFileSync(join(folder, manifestName), 'utf8'))
}

/** Returns the manifest in a text. @throws {SyntaxError} if the text is no manifest of a page */
export function parseWebManifest(text: string): WebManifest {
  const { sources, headers, files } = Object(JSON.parse(text)) as Partial<WebManifest>
  const isWhole =
    typeof sources === 'string' &&
    hasEntries(headers, (name, value) => isHeader.test(name) && typeof value === 'string') &&
    hasEntries(files, (path, hash) => isPath.test(path) && isHash.test(String(hash)))
  if (!isWhole || headers === undefined || files === undefined) throw new SyntaxError('This is no manifest of a page')
  return { sources, headers, files }
}

function hasEntries(given: unknown, isGood: (name: string, value: unknown) => boolean): boolean {
  const entries = Object.entries(Object(given) as Record<string, unknown>)
  return entries.length > 0 && entries.every(([name, value]) => isGood(name, value))
}

/** Names of files and folders. None begins with a dot, so no path leads out of the folder. */
const isPath = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/
const isHeader = /^[a-z-]+$/
const isHash = /^[0-9a-f]{64}$/
