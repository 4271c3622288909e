// Plain JavaScript, since it runs before anything is loaded: the program in a few files, made anew when a source has changed.
// 1 200 modules take half a second to find and load, whether their types are stripped already or not.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const main = join(here, '..', 'src', 'main.ts')
/** Beside the code: only who may change the code can put any there. */
export const cacheFolder = join(root, 'node_modules', '.cache', 'fastchat')
const listFile = join(cacheFolder, 'bundle.json')
/** Bundles that stay: a process that was started from an older one may still load parts of it. */
const keptBundles = 4
/** Packages change by an install or a patch, which these tell. */
const packageStamps = ['package-lock.json', 'node_modules/.fastchat/patches', 'apps/cli/bin/bundle.mjs']

/** @returns the URL of what is to be run: the bundle of the sources as they are now; the sources where none can be made. */
export async function findProgram() {
  const list = readList()
  const made = list && join(cacheFolder, list.folder, 'main.js')
  if (made && existsSync(made) && list.inputs.every(isUnchanged)) return urlOf(made)
  try {
    return urlOf(await makeBundle())
  } catch {
    // A folder that is not ours to write, an installation without a bundler: slower, and the same program.
    return urlOf(main)
  }
}

const urlOf = (path) => pathToFileURL(path).href

function readList() {
  try {
    return JSON.parse(readFileSync(listFile, 'utf8'))
  } catch {
    return undefined
  }
}

const isUnchanged = ([path, stamp]) => stampOf(path) === stamp

function stampOf(path) {
  try {
    const { mtimeMs, size } = lstatSync(join(root, path))
    return `${mtimeMs} ${size}`
  } catch {
    return 'gone'
  }
}

/** Another process that does the same at once makes another folder; the list that is renamed last counts. */
async function makeBundle() {
  const { rolldown } = await import('rolldown')
  const folder = `bundle-${Date.now().toString(36)}-${process.pid}`
  const target = join(cacheFolder, folder)
  mkdirSync(cacheFolder, { recursive: true })
  // Stamped before they are read: a source that is written meanwhile makes the bundle stale.
  const stamps = new Map()
  const stamp = {
    name: 'stamp',
    load(id) {
      const path = id.startsWith(`${root}${sep}`) ? id.slice(root.length + 1) : undefined
      if (path !== undefined && !path.startsWith('node_modules')) stamps.set(path, stampOf(path))
    },
  }
  for (const path of packageStamps) stamps.set(path, stampOf(path))
  const bundle = await rolldown({
    input: main,
    platform: 'node',
    external: [/^node:/, 'sharp'],
    plugins: [stamp],
    logLevel: 'silent',
  })
  await bundle.write({ dir: target, format: 'esm', minify: true })
  await bundle.close()
  writeFileSync(`${listFile}.${process.pid}`, JSON.stringify({ folder, inputs: [...stamps] }))
  renameSync(`${listFile}.${process.pid}`, listFile)
  const bundles = readdirSync(cacheFolder).filter((name) => name.startsWith('bundle-'))
  for (const old of bundles.sort().slice(0, -keptBundles))
    rmSync(join(cacheFolder, old), { recursive: true, force: true })
  return join(target, 'main.js')
}
