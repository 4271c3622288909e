import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { webHeaders } from '../build/web-headers.ts'
import { manifestName, readWebManifest } from '../build/web-manifest.ts'

/** The ways in which a file can be sent, the smallest first. */
export const encodings = ['br', 'gzip', 'identity'] as const
export type Encoding = (typeof encodings)[number]

export type PageFile = {
  readonly hash: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodies: Readonly<Partial<Record<Encoding, Buffer>>> & { readonly identity: Buffer }
}

/** The files of the page by the path of their URL. */
export type PageFiles = ReadonlyMap<string, PageFile>

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/**
 * Reads a built page into memory: its manifest, which the service worker reads, and the files in
 * it. A page has a few megabytes.
 *
 * @throws Error if a file differs from the manifest
 */
export function readPageFiles(folder: string): PageFiles {
  const { files } = readWebManifest(folder)
  const read = Object.entries(files).map(([path, hash]) => [`/${path}`, readPageFile(folder, path, hash)] as const)
  const index = read.find(([path]) => path === '/index.html')
  if (!index) throw new Error(`There is no index.html in ${folder}. Build the page again`)
  const manifest = readFileSync(join(folder, manifestName))
  const list = readPageFile(folder, manifestName, hashOf(manifest))
  return new Map([...read, ['/', index[1]], [`/${manifestName}`, list]])
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

function readPageFile(folder: string, path: string, hash: string): PageFile {
  const file = join(folder, path)
  const identity = readFileSync(file)
  if (hashOf(identity) !== hash) throw new Error(`${file} differs from the manifest of the page. Build the page again`)
  const [br, gzip] = [`${file}.br`, `${file}.gz`].map((name) => (existsSync(name) ? readFileSync(name) : undefined))
  const type = mediaTypes[extname(path)] ?? 'application/octet-stream'
  return {
    hash,
    headers: { ...webHeaders(`/${path}`), 'content-type': type, vary: 'accept-encoding' },
    bodies: { identity, ...(br && { br }), ...(gzip && { gzip }) },
  }
}
