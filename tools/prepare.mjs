// Plain JavaScript that runs on Node 20 with node_modules only. It updates what is derived from the
// checkout.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const inModules = (...path) => join(root, 'node_modules', ...path)

/**
 * Hashes of the inputs that node_modules was made from. Removing node_modules removes them, too.
 */
const stamps = inModules('.fastchat')
const lockFile = join(root, 'package-lock.json')

export function isInstalled() {
  if (!hasAllTools()) return false
  const patchesApplied = readStamp('patches')
  const patches = listFiles('patches', '.patch')
  if (patchesApplied !== undefined && patchesApplied !== hashOf(patches)) return false
  return readStamp('installed') === hashOf([lockFile])
}

/**
 * Says whether all tools are there. `NODE_ENV=production` and `omit=dev` leave tools out, and
 * `ignore-scripts` leaves out the program of the package node.
 */
function hasAllTools() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return bundledNode() !== undefined && Object.keys(devDependencies).every((name) => existsSync(inModules(name)))
}

/**
 * Says whether packages were installed without our postinstall script, and so without those of
 * other packages.
 */
export function isInstalledWithoutScripts() {
  return existsSync(inModules('.package-lock.json')) && readStamp('installed') === undefined
}

export function markInstalled() {
  writeStamp('installed', hashOf([lockFile]))
}

/**
 * Removes the packages that have patches, so that an install brings back the published ones. A
 * patch applies only to those.
 */
export function removePatchedPackages() {
  rmSync(join(stamps, 'patches'), { force: true })
  for (const file of listFiles('patches', '.patch')) {
    const name = basename(file).split('+').slice(0, -1).join('/') // @scope+name+1.2.3.patch
    rmSync(inModules(name), { recursive: true, force: true })
  }
}

/**
 * Patches dependencies and generates the Prisma client, each only when its input has changed.
 * Otherwise takes a millisecond.
 */
export function prepare() {
  whenChanged('patches', listFiles('patches', '.patch'), () => {
    runModule('patch-package/index.js', ['--error-on-fail'], {})
  })
  whenChanged('prisma', listFiles('prisma', '.prisma'), () => {
    // `generate` would download an engine that it does not use. Any program in its place prevents
    // that.
    const env = {
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    }
    runModule('prisma/build/index.js', ['generate', '--schema', join('prisma', 'schema.prisma')], env)
  })
}

/** Returns the path of the Node 24 that npm installed. The Node of the machine may be older. */
export function bundledNode() {
  const path = inModules('node', 'bin', 'node')
  return existsSync(path) ? path : undefined
}

function whenChanged(name, files, update) {
  const now = hashOf(files)
  const isGenerated = name !== 'prisma' || existsSync(join(root, 'prisma', 'generated', 'client.ts'))
  if (files.length === 0 || (readStamp(name) === now && isGenerated)) return
  update()
  writeStamp(name, now)
}

function runModule(path, args, env) {
  try {
    const options = { cwd: root, env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    execFileSync(bundledNode() ?? process.execPath, [inModules(path), ...args], options)
  } catch (error) {
    console.error(`${error.stdout ?? ''}${error.stderr ?? ''}`.trim())
    throw new Error(`${path} failed. Its output is above. If a patch changed, remove node_modules and run npm install.`)
  }
}

function listFiles(folder, ending) {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  const names = readdirSync(path).filter((name) => name.endsWith(ending))
  return names.sort().map((name) => join(path, name))
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function readStamp(name) {
  const path = join(stamps, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function writeStamp(name, content) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(join(stamps, name), content)
}
