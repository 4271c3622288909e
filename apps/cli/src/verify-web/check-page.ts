import { createHash } from 'node:crypto'
import type { WebManifest } from '@fastchat/web/manifest'

/** An answer of the server. Names of headers are in lower case; a repeated header is joined. */
export type PageAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A way in which a running page differs from its release. */
export type PageDifference = {
  readonly path: string
  readonly what: 'file' | 'header' | 'status'
  /** The name of the header. */
  readonly header?: string
  readonly expected: string
  readonly found: string
}

/**
 * Headers that change what a browser does with a file, or that follow a person. The release sends
 * none of them.
 */
const unwanted = [
  'clear-site-data',
  'link',
  'location',
  'nel',
  'origin-agent-cluster',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'speculation-rules',
]

/** A browser takes another type of these files as another language, or not at all. */
const types: Readonly<Record<string, string>> = { css: 'text/css', html: 'text/html', js: 'text/javascript' }

/** The path where a service worker would be. A page without one must not have any. */
const workerPath = '/sw.js'

/** Returns the paths to ask for, in an order that differs each time. */
export function pathsOf({ files }: WebManifest, random: () => number): string[] {
  const paths = ['/', ...Object.keys(files).map((path) => `/${path}`)]
  if (!paths.includes(workerPath)) paths.push(workerPath)
  return paths
    .map((path) => [random(), path] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, path]) => path)
}

/** Returns how an answer for one path differs from the release. */
export function differencesOf(manifest: WebManifest, path: string, answer: PageAnswer): PageDifference[] {
  const expected = manifest.files[path === '/' ? 'index.html' : path.slice(1)]
  if (expected === undefined) {
    if (answer.status === 404) return []
    return [{ path, what: 'file', expected: 'no file', found: `status ${answer.status}` }]
  }
  if (answer.status !== 200) return [{ path, what: 'status', expected: '200', found: String(answer.status) }]
  const found = createHash('sha256').update(answer.body).digest('hex')
  return [
    ...(found === expected ? [] : [{ path, what: 'file', expected, found } as const]),
    ...headerDifferences(manifest, path, answer),
  ]
}

function headerDifferences(manifest: WebManifest, path: string, { headers }: PageAnswer): PageDifference[] {
  const type = types[path === '/' ? 'html' : path.slice(path.lastIndexOf('.') + 1)]
  const [given = ''] = (headers['content-type'] ?? '').split(';')
  const wrongType = type !== undefined && given.trim() !== type
  return [
    ...Object.entries(manifest.headers).flatMap(([header, expected]) => {
      const found = headers[header] ?? 'no such header'
      return found === expected ? [] : [{ path, what: 'header', header, expected, found } as const]
    }),
    ...(wrongType ? [{ path, what: 'header', header: 'content-type', expected: type, found: given } as const] : []),
    ...unwanted.flatMap((header) => {
      const found = headers[header]
      return found === undefined ? [] : [{ path, what: 'header', header, expected: 'no such header', found } as const]
    }),
  ]
}
