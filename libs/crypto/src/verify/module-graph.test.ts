import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const verifyFolder = dirname(fileURLToPath(import.meta.url))
const packageFolder = resolve(verifyFolder, '../..')
const engineFolder = dirname(createRequire(import.meta.url).resolve('ts-mls'))

/** Every module that a file imports at run time, itself included; packages other than the engine by their name. */
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

/** `node:crypto` by `primitives/node.ts` alone, which lint sees to. */
const allowed = [
  '@fastchat/schema',
  '@noble/curves/ed25519.js',
  '@noble/hashes/sha2.js',
  'node:crypto',
  'typebox',
  'typebox/value',
]
const graph = [...graphOf(resolve(verifyFolder, 'index.ts'))]

test('nothing that the server loads can open a message, a Welcome or a group', () => {
  const opens =
    /(clientState|processMessages|createCommit|createMessage|messageProtection\w*|privateMessage|welcome|secretTree|keySchedule|groupInfo|index)\.js$/
  expect(graph.filter((module) => module.startsWith(engineFolder) && opens.test(module))).toEqual([])
  expect(graph.filter((module) => module.startsWith('@hpke') || module === 'ts-mls')).toEqual([])
})

test('nothing that the server loads is outside of this folder, the contract, hashes, signatures and the codecs of the engine', () => {
  const isAllowed = (module: string) =>
    module.startsWith(`${verifyFolder}/`) || module.startsWith(`${engineFolder}/`) || allowed.includes(module)
  expect(graph.filter((module) => !isAllowed(module))).toEqual([])
  expect(graph).toContain(resolve(engineFolder, 'proposal.js'))
})

test('the entry loads every source file of this folder, so this test has seen them all', () => {
  const sources = readdirSync(verifyFolder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.ts$/.test(name) && !/(\.test|^test-\w+)\.ts$/.test(name),
  )
  expect(sources.filter((name) => !graph.includes(resolve(verifyFolder, name)))).toEqual([])
})
