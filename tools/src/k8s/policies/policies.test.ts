import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { environmentOf } from '../environment.ts'
import type { Manifest } from '../manifest.ts'
import { mountedSecrets } from '../mounted-secrets.ts'
import { mutate } from '../mutate.ts'
import { readRelease } from '../release.ts'
import { k8sFolder, overlays, readNamespace, renderComponents, renderOverlay } from '../render.ts'
import { containersOf, workloadsOf } from '../workloads.ts'
import { mistakes } from './mistakes.ts'
import { policiesFor } from './policy.ts'

// The package.json of the root has a version.
const { version } = JSON.parse(readFileSync(join(k8sFolder, '..', 'package.json'), 'utf8')) as { version: string }
const policies = policiesFor({ ...readRelease(), version })
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

/** Components that no overlay has together, in combinations that make sense. */
const combinations = [
  ['gateway-api', 'cert-manager', 'keda', 'external-stores'],
  ['postgres-dev', 'redis-cluster', 'hardened'],
  ['tracing', 'external-stores', 'keda'],
  ['external-stores', 'admin', 'database-ca', 'hardened'],
  ['postgres-dev', 'redis-dev', 'admin', 'hardened'],
  ['external-stores', 'connections-metric', 'hardened'],
]

test.each(combinations)('the base with %s, %s, %s', async (...components) => {
  const manifests = await renderComponents(...components)
  expect(names.flatMap((name) => problemsOf(name, manifests))).toEqual([])
})

test('with database-ca every container that uses the database has the authorities', async () => {
  const manifests = await renderComponents('external-stores', 'admin', 'database-ca', 'hardened')
  const given = workloadsOf(manifests).flatMap((workload) =>
    containersOf(workload).flatMap((container) => {
      const env = environmentOf(container, manifests)
      if (!Object.keys(env).some((name) => name.endsWith('DATABASE_URL_FILE'))) return []
      const file = mountedSecrets(workload, container).get(env.DATABASE_CA_FILE ?? '')
      return [[container.name, file] as const]
    }),
  )
  const pem = expect.stringContaining('BEGIN CERTIFICATE')
  const names = ['admin', 'auth', 'chat', 'migrate', 'wait-for-migrations', 'wait-for-migrations']
  expect(given.toSorted()).toEqual(names.map((name) => [name, pem]))
})

describe('a mistake is noticed', () => {
  const rendered = new Map<string, Manifest[]>()
  beforeAll(async () => {
    for (const overlay of overlays) rendered.set(overlay, await renderOverlay(overlay))
    rendered.set('namespace', await readNamespace())
    rendered.set('adapter', await renderComponents('connections-metric'))
    rendered.set('gateway', await renderComponents('gateway-api', 'keda', 'tracing'))
  })

  const all = Object.entries(mistakes).flatMap(([policy, own]) => own.map((mistake) => [policy, ...mistake] as const))

  test.each(all)('%s: %s (%s, %s)', (policy, _, overlay, target, change) => {
    const manifests = rendered.get(overlay) ?? []
    expect(problemsOf(policy, manifests)).toEqual([])
    expect(problemsOf(policy, mutate(manifests, target, change))).not.toEqual([])
  })

  test('each policy has mistakes to notice', () => {
    expect(Object.keys(mistakes).sort()).toEqual([...names].sort())
  })
})
