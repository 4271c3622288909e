import { existsSync, globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { type Plugin, rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { command } from '../images/command.ts'
import { entries, root } from './paths.ts'

const libraries = ['client', 'clock', 'crypto', 'schema']
/** The time for the compiler on a busy machine. */
const compileMs = 5 * 60_000

/**
 * Writes the types of the SDK: one declaration file for each entry, and one that they share. What
 * is marked `@internal` is left out, and so are constructors. The types of libraries are inside.
 *
 * @throws {Error} when the types do not compile, or need a package that is not inside
 */
export async function bundleTypes(folder: string): Promise<void> {
  const made = await mkdtemp(join(root, 'node_modules', '.cache', 'sdk-types-'))
  try {
    await declare(made)
    await hideConstructors(made)
    const typesOf = (path: string) => join(made, relative(root, path)).replace(/\.ts$/, '.d.ts')
    const bundle = await rolldown({
      input: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, typesOf(path)])),
      platform: 'node',
      external: [/^node:/],
      plugins: [resolveTypes(made), dts({ dtsOnly: true, generator: 'oxc', tsconfig: false })],
      onLog: (_, { code, message }) => {
        // The bundler looks for values in the namespace `Type`, which has types only.
        if (code === 'IMPORT_IS_UNDEFINED') return
        throw new Error(`The bundler of the types warns: ${message}`)
      },
    })
    const target = join(folder, 'types')
    const { output } = await bundle.write({ dir: target, format: 'esm', chunkFileNames: '[name].d.ts' })
    await bundle.close()
    const files = new Set(output.map(({ fileName }) => fileName))
    for (const file of output) {
      const path = join(target, file.fileName)
      // An import for its effect has none on types, and would need the types of Node.
      const text = (await readFile(path, 'utf8')).replace(/^import "node:[a-z_/]+";\n/gm, '')
      await writeFile(path, text)
      const missing =
        file.type === 'chunk' ? file.imports.filter((id) => !files.has(id) && !id.startsWith('node:')) : []
      if (missing.length > 0) throw new Error(`The types need ${missing.join(', ')}`)
    }
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** Writes a declaration file for each source file of the libraries. */
async function declare(folder: string): Promise<void> {
  const config = join(folder, 'tsconfig.json')
  const compilerOptions = {
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true },
    ...{ rootDir: root, outDir: folder, typeRoots: [join(root, 'node_modules', '@types')] },
  }
  const sources = libraries.map((name) => join(root, 'libs', name, 'src'))
  const exclude = sources.map((path) => join(path, '**', '*.test.ts'))
  await writeFile(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: sources, exclude }),
  )
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await command(process.execPath, [compiler, '-p', config], { timeoutMs: compileMs })
}

/**
 * Makes the constructors protected, because their parameters are parts of the SDK. Users of the SDK
 * construct nothing but errors.
 */
async function hideConstructors(folder: string): Promise<void> {
  for (const path of globSync(join(folder, 'libs', 'client', '**', '*.d.ts'))) {
    const text = await readFile(path, 'utf8')
    if (/ extends (Error|ServerError|Unreachable)\b/.test(text)) continue
    await writeFile(
      path,
      text.replace(/^ {4}(?:private |protected )?constructor\([\s\S]*?\);$/gm, '    protected constructor();'),
    )
  }
}

/** Resolves imports between declaration files, which still name the sources. */
function resolveTypes(folder: string): Plugin {
  const packages = new Map([
    ['typebox', join(import.meta.dirname, 'typebox.d.ts')],
    ...libraries.map((name) => [`@fastchat/${name}`, join(folder, 'libs', name, 'src', 'index.d.ts')] as const),
    ['@fastchat/crypto/verify', join(folder, 'libs', 'crypto', 'src', 'verify', 'index.d.ts')],
  ])
  return {
    name: 'resolve-types',
    resolveId: {
      order: 'pre',
      handler(id, importer) {
        if (packages.has(id)) return packages.get(id)
        const ofMls = /^ts-mls\/(.*)\.js$/.exec(id)?.[1]
        if (ofMls !== undefined) return join(root, 'node_modules', 'ts-mls', 'dist', 'src', `${ofMls}.d.ts`)
        if (!id.startsWith('.') || importer === undefined || !id.endsWith('.ts')) return undefined
        const path = resolve(dirname(importer), id.replace(/(\.d)?\.ts$/, '.d.ts'))
        return existsSync(path) ? path : undefined
      },
    },
  }
}
