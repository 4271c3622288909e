import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const verifyFolder = dirname(fileURLToPath(import.meta.url))
const packageFolder = resolve(verifyFolder, '../..')
const engineFolder = dirname(createRequire(import.meta.url).resolve('ts-mls'))

/**
 * Returns every module that a file imports at run time, and the file itself. Packages other than
 * the engine are listed by name.
 */
function graphOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const source = readFileSync(file, 'utf8')
  for (const [, specifier = ''] of source.matchAll(/^(?:import|export) (?!type )[^'"]*?from ['"]([^'"]+)['"]/gms)) {
    if (specifier.startsWith('.')) graphOf(resolve(dirname(file), specifier), seen)
    else if (specifier.startsWith('ts-mls/')) graphOf(resolve(engineFolder, specifier.slice('ts-mls/'.length)), seen)
    else if (specifier === '#primitives')
      for (const each of Object.values(manifest.imports['#primitives'])) graphOf(resolve(packageFolder, each), seen)
    else seen.add(specifier)
  }
  return seen
}

/** Lint checks that only `primitives/node.ts` imports `node:crypto`. */
const allowed = [
  '@fastchat/schema',
  '@noble/curves/ed25519.js',
  '@noble/hashes/sha2.js',
  'lru-cache',
  'node:crypto',
  'typebox',
]
const graph = [...graphOf(resolve(verifyFolder, 'index.ts'))]

test('no module that the server loads can decrypt a message, a Welcome or a group', () => {
  const opens =
    /(clientState|processMessages|createCommit|createMessage|messageProtection\w*|privateMessage|welcome|secretTree|keySchedule|groupInfo|index)\.js$/
  expect(graph.filter((module) => module.startsWith(engineFolder) && opens.test(module))).toEqual([])
  expect(graph.filter((module) => module.startsWith('@hpke') || module === 'ts-mls')).toEqual([])
})

test('the server loads only this folder, the contract, hashes, signatures and codecs of the engine', () => {
  const isAllowed = (module: string) =>
    module.startsWith(`${verifyFolder}/`) || module.startsWith(`${engineFolder}/`) || allowed.includes(module)
  expect(graph.filter((module) => !isAllowed(module))).toEqual([])
  expect(graph).toContain(resolve(engineFolder, 'proposal.js'))
})

test('the entry module loads every source file of this folder, so these tests see all of them', () => {
  const sources = readdirSync(verifyFolder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.ts$/.test(name) && !/(\.test|^test-\w+)\.ts$/.test(name),
  )
  expect(sources.filter((name) => !graph.includes(resolve(verifyFolder, name)))).toEqual([])
})
