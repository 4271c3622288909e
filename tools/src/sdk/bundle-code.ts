import { dirname, join, relative, resolve, sep } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { entries, root, worker } from './paths.ts'

/**
 * Modules of cipher suites that FastChat does not use (its groups have MLS suite 1), and of Node's
 * crypto where the platform has WebCrypto. Libraries load them on demand, so they are never loaded.
 */
const neverLoaded = [
  /^@hpke\/(chacha20poly1305|dhkem-x448|ml-kem|hybridkem-x-wing)$/,
  /^@noble\/post-quantum\//,
  /^@noble\/curves\/(ed448|nist)\.js$/,
  /^crypto$/,
]
const standIn = '\0never-loaded'

const withoutOtherSuites: Plugin = {
  name: 'without-other-suites',
  resolveId(id) {
    return neverLoaded.some((pattern) => pattern.test(id)) ? standIn : undefined
  },
  load(id) {
    return id === standIn ? "throw new Error('FastChat uses MLS cipher suite 1 only')" : undefined
  },
}

/** Names the worker by its file beside the bundle, which is JavaScript. */
const workerBesides: Plugin = {
  name: 'worker-besides',
  transform(code, id) {
    if (!id.endsWith('derive-in-worker.ts')) return undefined
    // Both names have the same length, so the source map stays right.
    return { code: code.replaceAll("'./kdf-worker.ts'", "'./kdf-worker.js'"), map: null }
  },
}

/** The JavaScript for one platform. */
export type CodeBundle = {
  /** The names of the packages whose code is inside. */
  readonly packages: ReadonlySet<string>
  /** The modules that the platform has to provide. */
  readonly imports: ReadonlySet<string>
}

type Target = { readonly platform: 'node' | 'browser'; readonly folder: string }

/**
 * Writes the SDK as JavaScript with source maps, all packages inside.
 *
 * @throws {Error} when the bundler warns, or when the code needs a module that is not inside
 */
export async function bundleCode({ platform, folder }: Target): Promise<CodeBundle> {
  const { index, node, web } = entries
  const inputs = platform === 'node' ? [{ index, node }] : [{ index, web }, { 'kdf-worker': worker }]
  const packages = new Set<string>()
  const imports = new Set<string>()
  for (const input of inputs) {
    const bundle = await rolldown({
      input,
      platform,
      external: platform === 'node' ? [/^node:/] : [],
      plugins: [withoutOtherSuites, workerBesides],
      onLog: (_, { message }) => {
        throw new Error(`The bundler warns: ${message}`)
      },
    })
    const { output } = await bundle.write({
      ...{ dir: join(folder, platform), format: 'esm', sourcemap: true },
      ...{ entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      // Sources have their paths in the repository, wherever the package is built.
      sourcemapPathTransform: (path, map) => relative(root, resolve(dirname(map), path)),
    })
    await bundle.close()
    const files = new Set(output.map(({ fileName }) => fileName))
    for (const file of output) {
      if (file.type !== 'chunk') continue
      for (const id of file.moduleIds) for (const name of packageOf(id)) packages.add(name)
      for (const id of [...file.imports, ...file.dynamicImports]) if (!files.has(id)) imports.add(id)
    }
  }
  const missing = [...imports].filter((id) => platform === 'browser' || !id.startsWith('node:'))
  if (missing.length > 0) throw new Error(`The ${platform} bundle needs ${missing.join(', ')}`)
  return { packages, imports }
}

/** Returns the package of a module in node_modules. */
function packageOf(id: string): string[] {
  const inside = id.split(`${join(root, 'node_modules')}${sep}`)[1]
  if (inside === undefined) return []
  const [scope = '', name = ''] = inside.split(sep)
  return [scope.startsWith('@') ? `${scope}/${name}` : scope]
}
