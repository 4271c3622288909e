import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readWebManifest } from './web-manifest.ts'

/** The parts of a page that are loaded together, in bytes after gzip. */
export type PageSizes = {
  /** The scripts that show the card of the login. */
  readonly loginCard: number
  /** The scripts of the first chat: those of the card, of the chats, and the engine. */
  readonly firstChat: number
  /** The worker that makes keys of a password. */
  readonly passwordWorker: number
}

/**
 * Adds up the scripts that a browser loads at once: the named ones, and those that they import. It
 * counts no script that is loaded later, on demand.
 */
export function sizesOf(folder: string): PageSizes {
  const scripts = Object.keys(readWebManifest(folder).files).filter((path) => path.endsWith('.js'))
  const loginCard = withImports(folder, scripts, 'assets/index-')
  const chats = withImports(folder, scripts, 'assets/chats-page-')
  const engine = withImports(folder, scripts, 'assets/engine-worker-')
  const passwordWorker = withImports(folder, scripts, 'assets/kdf-worker-')
  const bytes = (paths: Iterable<string>) =>
    [...new Set(paths)].reduce((sum, path) => sum + readFileSync(join(folder, `${path}.gz`)).length, 0)
  return {
    loginCard: bytes(loginCard),
    firstChat: bytes([...loginCard, ...chats, ...engine]),
    passwordWorker: bytes(passwordWorker),
  }
}

/** Returns a script and the scripts that it imports at its start. */
function withImports(folder: string, scripts: readonly string[], prefix: string): Set<string> {
  const found = new Set<string>()
  const add = (path: string | undefined) => {
    if (path === undefined || found.has(path)) return
    found.add(path)
    const text = readFileSync(join(folder, path), 'utf8')
    for (const [, name = ''] of text.matchAll(/\b(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) add(`assets/${name}`)
  }
  add(scripts.find((path) => path.startsWith(prefix)))
  return found
}
