import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

export type PageFile = { readonly type: string; readonly body: Buffer }
export type Bundle = {
  /** The files by path, which begins with a slash. */
  readonly files: ReadonlyMap<string, PageFile>
  readonly scripts: readonly string[]
  readonly warnings: readonly string[]
  readonly gzipBytes: number
}

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

/**
 * Bundles a page as a user of the SDK would: minified, for browsers, with the bundler's defaults.
 */
export async function bundlePage(root = join(import.meta.dirname, 'page')): Promise<Bundle> {
  const warnings: string[] = []
  const onLog = (_: unknown, { message, code }: { readonly message: string; readonly code?: string }) => {
    // On a busy machine the bundler also tells which of its steps took long.
    if (code !== 'PLUGIN_TIMINGS') warnings.push(message)
  }
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, rolldownOptions: { onLog } },
    worker: { format: 'es', rolldownOptions: { onLog } },
  })
  if (Array.isArray(result) || !('output' in result)) throw new Error('the bundler made something else than one bundle')
  const files = new Map<string, PageFile>()
  for (const file of result.output) {
    const body = Buffer.from(file.type === 'chunk' ? file.code : file.source)
    files.set(`/${file.fileName}`, { type: types[file.fileName.split('.').at(-1) ?? ''] ?? 'text/plain', body })
  }
  const scripts = [...files.values()].filter(({ type }) => type === types.js).map(({ body }) => body)
  return {
    files,
    scripts: scripts.map(String),
    warnings,
    gzipBytes: scripts.reduce((sum, body) => sum + gzipSync(body).length, 0),
  }
}
