import { expect, test } from 'vitest'
import type { Manifest } from '../manifest.ts'
import { mutate } from '../mutate.ts'
import { overlays, renderComponents, renderOverlay } from '../render.ts'
import { workloadsOf } from '../workloads.ts'
import { allowGraph } from './allow-graph.ts'

const services = [
  'balancer → auth:8080',
  'chat → auth:8080',
  'ingress controller → auth:8080',
  'ingress controller → balancer:8080',
  'ingress controller → chat:8080',
  'ingress controller → web:8080',
  'ingress controller → ws-router:8080',
  'prometheus → auth:9090',
  'prometheus → balancer:9090',
  'prometheus → chat:9090',
  'ws-router → chat:8080',
]
const ownStores = [
  'auth → postgres:5432',
  'auth → redis:6379',
  'balancer → redis:6379',
  'chat → postgres:5432',
  'chat → redis:6379',
  'migrate-0-1-0 → postgres:5432',
]
const frontDoor = [
  'front-door → auth:8080',
  'front-door → balancer:8080',
  'front-door → chat:8080',
  'front-door → web:8080',
  'front-door → ws-router:8080',
  'ingress controller → front-door:8080',
]
const privateAddress = (name: string, ...ports: number[]) => ports.map((port) => `${name} → private address:${port}`)
const externalStores = [
  ...privateAddress('auth', 5432, 6379, 6380, 6432, 26379),
  ...privateAddress('balancer', 6379, 6380, 26379),
  ...privateAddress('chat', 5432, 6379, 6380, 6432, 26379),
  ...privateAddress('migrate-0-1-0', 5432, 6432),
]
const redisCluster = ['redis-create → redis:6379']

/** All connections that are allowed, without those to DNS. */
const golden = {
  local: [...services, ...ownStores, ...frontDoor],
  'single-node': [...services, ...ownStores],
  production: [...services, ...externalStores],
}

const isNameQuestion = (edge: string) => / → (node-local )?dns:53(\/udp)?$/.test(edge)

test.each(overlays)('in %s every pod reaches only what it needs', async (name) => {
  const edges = allowGraph(await renderOverlay(name))
  expect(edges.filter((edge) => !isNameQuestion(edge))).toEqual(golden[name].toSorted())
})

test('the same holds with a Redis Cluster', async () => {
  const edges = allowGraph(await renderComponents('postgres-dev', 'redis-cluster', 'hardened'))
  expect(edges.filter((edge) => !isNameQuestion(edge))).toEqual([...services, ...ownStores, ...redisCluster].toSorted())
})

test('only chat reaches the trace collector', async () => {
  const edges = allowGraph(await renderComponents('postgres-dev', 'redis-dev', 'tracing', 'hardened'))
  const expected = [...services, ...ownStores, 'chat → trace collector:4318']
  expect(edges.filter((edge) => !isNameQuestion(edge))).toEqual(expected.toSorted())
})

test('the operator’s pod reaches the stores, in the cluster and outside it', async () => {
  const edges = allowGraph(await renderComponents('postgres-dev', 'redis-dev', 'admin', 'hardened'))
  const inside = ['admin → postgres:5432', 'admin → redis:6379']
  const outside = privateAddress('admin', 5432, 6379, 6380, 26379)
  expect(edges.filter((edge) => edge.startsWith('admin →') && !isNameQuestion(edge))).toEqual(
    [...inside, ...outside].toSorted(),
  )
  expect(edges.filter((edge) => edge.includes('→ admin:'))).toEqual([])
})

test('each pod may ask for names over TCP and UDP', async () => {
  const manifests = await renderOverlay('local')
  const askers = [...workloadsOf(manifests).map(({ name }) => name), 'another pod here']
  const servers = ['dns:53', 'dns:53/udp', 'node-local dns:53', 'node-local dns:53/udp']
  const expected = askers.flatMap((asker) => servers.map((server) => `${asker} → ${server}`))
  expect(allowGraph(manifests).filter(isNameQuestion)).toEqual(expected.toSorted())
})

let production: Manifest[] | undefined
const chatPolicy = 'NetworkPolicy/chat'
test.each([
  ['an empty list of peers allows all', chatPolicy, { at: 'spec ingress 0 from', set: [] }],
  ['a missing list of ports allows all', chatPolicy, { at: 'spec ingress 1', remove: 'ports' }],
  ['an empty namespace selector allows all', chatPolicy, { at: 'spec ingress 0 from 0 namespaceSelector', set: {} }],
  ['a missing list of addresses allows all', 'NetworkPolicy/allow-dns', { at: 'spec egress 0', remove: 'to' }],
  [
    'a typo in a label denies the connection',
    chatPolicy,
    { at: 'spec egress 0 to 0 podSelector matchLabels', set: { a: 'b' } },
  ],
  [
    'a wide range of addresses allows the internet',
    'NetworkPolicy/external-postgres',
    { at: 'spec egress 0 to 0 ipBlock cidr', set: '0.0.0.0/0' },
  ],
] as const)('the graph shows that %s', async (_, target, change) => {
  production ??= await renderOverlay('production')
  expect(allowGraph(mutate(production, target, change))).not.toEqual(allowGraph(production))
})
