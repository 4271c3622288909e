import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../manifest.ts'
import { mutate } from '../mutate.ts'
import { k8sFolder, overlays, renderComponents, renderOverlay } from '../render.ts'
import { policiesFor } from './policy.ts'
import { slips } from './slips.ts'

// The root's package.json, which has a version.
const { version } = JSON.parse(readFileSync(join(k8sFolder, '..', 'package.json'), 'utf8')) as { version: string }
const policies = policiesFor(version)
const names = Object.keys(policies)
const problemsOf = (name: string, manifests: readonly Manifest[]) => policies[name]?.(manifests) ?? ['no such policy']

describe.each(overlays)('overlay %s', (overlay) => {
  let manifests: Manifest[]
  beforeAll(async () => {
    manifests = await renderOverlay(overlay)
  })

  test.each(names)('%s', (name) => {
    expect(problemsOf(name, manifests)).toEqual([])
  })
})

/** What no overlay has, in ways that make sense together. */
const combinations = [
  ['gateway-api', 'cert-manager', 'keda', 'external-stores'],
  ['postgres-dev', 'redis-cluster', 'hardened'],
  ['tracing', 'external-stores', 'keda'],
  ['external-stores', 'database-ca', 'hardened'],
  ['postgres-dev', 'redis-dev', 'admin', 'hardened'],
]

test.each(combinations)('the base with %s, %s, %s', async (...components) => {
  const manifests = await renderComponents(...components)
  expect(names.flatMap((name) => problemsOf(name, manifests))).toEqual([])
})

describe('a slip is caught', () => {
  const rendered = new Map<string, Manifest[]>()
  beforeAll(async () => {
    for (const overlay of overlays) rendered.set(overlay, await renderOverlay(overlay))
    rendered.set('gateway', await renderComponents('gateway-api', 'keda', 'tracing'))
  })

  const all = Object.entries(slips).flatMap(([policy, own]) => own.map((slip) => [policy, ...slip] as const))

  test.each(all)('%s: %s (%s, %s)', (policy, _, overlay, target, change) => {
    const manifests = rendered.get(overlay) ?? []
    expect(problemsOf(policy, manifests)).toEqual([])
    expect(problemsOf(policy, mutate(manifests, target, change))).not.toEqual([])
  })

  test('each policy has its slips', () => {
    expect(Object.keys(slips).sort()).toEqual([...names].sort())
  })
})
