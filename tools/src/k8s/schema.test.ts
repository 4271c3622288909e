import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { invalidFields } from './invalid-fields.ts'
import type { Manifest } from './manifest.ts'
import { type Change, mutate } from './mutate.ts'
import { migrateJobName, readRelease } from './release.ts'
import { overlays, renderComponents, renderOverlay } from './render.ts'
import { unknownCustomFields } from './unknown-custom-fields.ts'
import { unknownFields } from './unknown-fields.ts'

/** Components that no overlay has together, on top of the base. */
const combinations = [
  ['gateway-api', 'cert-manager', 'keda', 'external-stores'],
  ['postgres-dev', 'redis-cluster', 'hardened'],
  ['tracing', 'external-stores', 'keda'],
  ['external-stores', 'admin', 'database-ca', 'hardened'],
  ['postgres-dev', 'redis-dev', 'admin', 'hardened'],
  ['external-stores', 'connections-metric', 'hardened'],
]

const problemsOf = async (manifests: readonly Manifest[]) => [
  ...manifests.flatMap(unknownFields),
  ...manifests.flatMap(invalidFields),
  ...(await unknownCustomFields(manifests)),
]

describe.each(overlays)('overlay %s', (name) => {
  test('renders to the same objects each time, and all fit their schemas', async () => {
    const manifests = await renderOverlay(name)
    expect(await renderOverlay(name)).toEqual(manifests)
    expect(await problemsOf(manifests)).toEqual([])
  })
})

test.each(combinations)('the base with %s, %s, %s fits the schemas', async (...names) => {
  expect(await problemsOf(await renderComponents(...names))).toEqual([])
})

describe('a typo is noticed', () => {
  let manifests: Manifest[]
  beforeAll(async () => {
    const routes = (await renderComponents('gateway-api')).filter(({ kind }) => kind === 'HTTPRoute')
    manifests = [...(await renderOverlay('production')), ...routes]
    expect(await problemsOf(manifests)).toEqual([])
  })

  const typos: readonly [string, Change][] = [
    ['StatefulSet/chat', { at: 'main', rename: ['readinessProbe', 'readinesProbe'] }],
    ['StatefulSet/chat', { at: 'pod terminationGracePeriodSeconds', set: '90s' }],
    ['Deployment/auth', { at: 'pod securityContext', rename: ['runAsNonRoot', 'runAsNonroot'] }],
    ['Deployment/balancer', { at: 'spec', remove: 'selector' }],
    ['PodDisruptionBudget/chat', { at: 'spec', rename: ['maxUnavailable', 'maxUnavailble'] }],
    ['NetworkPolicy/default-deny', { at: 'spec policyTypes', set: 'Ingress' }],
    [
      'HorizontalPodAutoscaler/chat',
      { at: 'spec metrics 0 resource target', rename: ['averageUtilization', 'average'] },
    ],
    ['Service/auth', { at: 'spec ports 0 port', set: 'http' }],
    ['Service/auth', { at: 'spec ports 0', rename: ['targetPort', 'target'] }],
    ['ConfigMap/chat-settings', { at: 'data PORT', set: 8080 }],
    ['Certificate/fastchat', { at: 'spec', remove: 'secretName' }],
    ['Certificate/fastchat', { at: 'spec', rename: ['dnsNames', 'dnsName'] }],
    ['Ingress/fastchat', { at: 'spec rules 0 http paths 0', rename: ['pathType', 'pathtype'] }],
    ['HTTPRoute/fastchat', { at: 'spec rules 0 matches 0 path type', set: 'PathPrefx' }],
    ['HTTPRoute/fastchat', { at: 'spec rules 0', rename: ['backendRefs', 'backendRef'] }],
    [`Job/${migrateJobName(readRelease())}`, { at: 'kind', set: 'Jobs' }],
  ]

  test.each(typos)('in %s: %o', async (target, change) => {
    const changed = mutate(manifests, target, change).filter((it, index) => !isDeepStrictEqual(it, manifests[index]))
    expect(changed).toHaveLength(1)
    expect(await problemsOf(changed)).not.toEqual([])
  })
})
