// Plain JavaScript, since it runs before the program is loaded. It bundles the program into a few
// files, again whenever a source has changed. To find and load 1 200 modules takes half a second,
// with and without their types.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const main = join(here, '..', 'src', 'main.ts')
/** A separate process decodes the pictures of others. It starts from this part of the bundle. */
const decoder = join(here, '..', 'src', 'pictures', 'decode-picture.ts')
/**
 * The folder of the bundles. It is beside the code: only a user who may change the code can write
 * there.
 */
export const cacheFolder = join(root, 'node_modules', '.cache', 'fastchat')
const listFile = join(cacheFolder, 'bundle.json')
/**
 * Old bundles are kept for a week: a process that was started from one may still load parts of it.
 * Many processes that start at once after a change make a bundle each.
 */
const keptMs = 7 * 24 * 3600 * 1000
/** The most bundles that are kept, a megabyte or two each. */
const maxBundles = 100
/** These files change when packages are installed or patched. */
const packageStamps = ['package-lock.json', 'node_modules/.fastchat/patches', 'apps/cli/bin/bundle.mjs']

/**
 * Returns the URL of the program: a bundle of the sources as they are now. If no bundle can be
 * made, it is the sources.
 */
export async function findProgram() {
  const list = readList()
  const made = list && join(cacheFolder, list.folder, 'main.mjs')
  if (made && existsSync(made) && list.inputs.every(isUnchanged)) return urlOf(made)
  try {
    return urlOf(await makeBundle())
  } catch {
    // The folder can't be written, or there is no bundler. The sources are slower, and do the same.
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

/**
 * Makes a bundle. Two processes that do so at once make two folders, and the list that is renamed
 * last counts.
 */
async function makeBundle() {
  const { rolldown } = await import('rolldown')
  const folder = `bundle-${Date.now().toString(36)}-${process.pid}`
  const target = join(cacheFolder, folder)
  mkdirSync(cacheFolder, { recursive: true })
  // The stamp is taken before the source is read: one that is written meanwhile makes the bundle
  // stale.
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
    input: { main, 'decode-picture': decoder },
    platform: 'node',
    external: [/^node:/, 'sharp'],
    plugins: [stamp],
    logLevel: 'silent',
  })
  // By the extension Node knows that these are modules. Otherwise it parses each file to find out.
  const names = { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' }
  await bundle.write({ dir: target, format: 'esm', minify: true, ...names })
  await bundle.close()
  writeFileSync(`${listFile}.${process.pid}`, JSON.stringify({ folder, inputs: [...stamps] }))
  renameSync(`${listFile}.${process.pid}`, listFile)
  removeOldBundles(Date.now())
  return join(target, 'main.mjs')
}

/** Removes the bundles that are too old or too many, but not the present one. */
function removeOldBundles(nowMs) {
  const present = readList()?.folder
  const newestFirst = readdirSync(cacheFolder)
    .filter((name) => name.startsWith('bundle-') && name !== present)
    .sort()
    .reverse()
  for (const [index, name] of newestFirst.entries()) {
    const isOld = nowMs - madeAtMs(name) > keptMs
    if (isOld || index >= maxBundles) rmSync(join(cacheFolder, name), { recursive: true, force: true })
  }
}

/** The time is in the name: copies of the folder have other dates. */
const madeAtMs = (name) => Number.parseInt(name.split('-')[1] ?? '', 36)
