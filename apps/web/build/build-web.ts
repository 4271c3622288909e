import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { pageContract } from './page-contract.ts'
import { fixedHeaders } from './web-headers.ts'
import { manifestName, type WebManifest } from './web-manifest.ts'

const here = join(import.meta.dirname, '..')
const root = join(here, '..', '..')
/** The sources of the page. A change in one of them makes another page. */
const sources = [
  ...['apps/web/src', 'apps/web/build', 'apps/web/public', 'apps/web/index.html', 'package-lock.json', 'patches'],
  ...['client', 'clock', 'crypto', 'schema'].map((lib) => `libs/${lib}/src`),
]
const builds = join(here, 'dist')
const digestLetters = 16
const keptBuilds = 3

/**
 * Says whether the page has a service worker. `off` is the way out if a worker does harm: the build
 * then has one that removes the files that it kept, and itself.
 */
export type WorkerMode = 'on' | 'off'
export type WebOptions = { readonly worker?: WorkerMode }

/**
 * Builds the page, unless it is built from the present sources already. Old builds are kept for
 * servers that still run, the latest ones only.
 *
 * @returns the folder of its files, with compressed ones beside them
 */
export async function buildWeb({ worker = 'on' }: WebOptions = {}): Promise<string> {
  const digest = digestOfSources(worker)
  const folder = join(builds, digest.slice(0, digestLetters))
  if (existsSync(join(folder, manifestName))) return folder
  const next = join(builds, `next-${process.pid}`)
  try {
    await inProduction(() => bundle(next, digest, worker))
    const manifest: WebManifest = { sources: digest, headers: fixedHeaders(), files: compressAll(next) }
    await writeFile(join(next, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
    // Another process may have made the same folder meanwhile.
    await rename(next, folder).catch((error: unknown) => {
      if (!existsSync(join(folder, manifestName))) throw error
    })
    await removeOldBuilds()
    return folder
  } finally {
    await rm(next, { recursive: true, force: true })
  }
}

async function removeOldBuilds(): Promise<void> {
  const made = readdirSync(builds)
    .filter((name) => !name.startsWith('next-'))
    .map((name) => ({ name, madeAt: statSync(join(builds, name)).mtimeMs }))
    .toSorted((a, b) => b.madeAt - a.madeAt)
  for (const { name } of made.slice(keptBuilds)) await rm(join(builds, name), { recursive: true, force: true })
}

/**
 * Runs a build as for production. Vite reads NODE_ENV, which tests set: the same sources would make
 * other bytes, with paths of this machine in them.
 */
async function inProduction(work: () => Promise<void>): Promise<void> {
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    await work()
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

async function bundle(outDir: string, digest: string, worker: WorkerMode): Promise<void> {
  const warnings: string[] = []
  const onLog = (_: unknown, { message, code }: { readonly message: string; readonly code?: string }) => {
    if (code !== 'PLUGIN_TIMINGS' && !isSpareCrypto.test(message)) warnings.push(message)
  }
  await build({
    root: here,
    configFile: false,
    logLevel: 'silent',
    plugins: [pageContract()],
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: { __BUILD__: JSON.stringify(digest) },
    build: {
      outDir,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2023',
      rolldownOptions: { onLog },
    },
    worker: { format: 'es', plugins: () => [pageContract()], rolldownOptions: { onLog } },
  })
  await build({
    root: here,
    configFile: false,
    logLevel: 'silent',
    publicDir: false,
    define: { __BUILD__: JSON.stringify(digest), __WORKER__: JSON.stringify(worker) },
    build: {
      outDir,
      emptyOutDir: false,
      modulePreload: false,
      target: 'es2023',
      rolldownOptions: {
        onLog,
        input: join(here, 'src/service-worker/service-worker.ts'),
        // One script without imports, at an address that stays: browsers look there for a new one.
        output: { format: 'iife', entryFileNames: 'sw.js' },
      },
    },
  })
  if (warnings.length > 0) throw new Error(`the page was not built cleanly: ${warnings.join('; ')}`)
}

/** A library of ts-mls imports Node's crypto, and uses it only where there is no WebCrypto. */
const isSpareCrypto = /^Module "crypto" has been externalized .* imported by ".*\/@hpke\/common\//

/** Writes compressed copies beside the files. Returns the digests of the files. */
function compressAll(folder: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const path of filesIn(folder)) {
    const body = readFileSync(path)
    files[relative(folder, path)] = createHash('sha256').update(body).digest('hex')
    writeCompressed(path, body)
  }
  return files
}

function writeCompressed(path: string, body: Buffer): void {
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }
  writeFileSync(`${path}.br`, brotliCompressSync(body, quality))
  writeFileSync(`${path}.gz`, gzipSync(body, { level: constants.Z_BEST_COMPRESSION }))
}

function digestOfSources(worker: WorkerMode): string {
  const hash = createHash('sha256').update(worker)
  for (const source of sources)
    for (const path of filesIn(join(root, source)).filter(isPartOfPage))
      hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/** Says whether a file can change the page. Images are built without the others. */
const isPartOfPage = (path: string) => !/\.test\.tsx?$|\/testing\//.test(path)

/** Returns all files at or below a path, sorted. */
function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesIn(join(path, name)))
}
