import { BlockList, isIP } from 'node:net'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { fits, type Selector } from '../labels.ts'
import type { Labels, Manifest } from '../manifest.ts'
import { ofKind, type Workload, workloadsOf } from '../workloads.ts'

/** An end of a connection: one of our pods, a pod of another namespace, or an address. */
type Party = {
  readonly name: string
  readonly namespace?: { readonly name: string; readonly labels: Labels }
  readonly labels?: Labels
  readonly address?: string
  readonly ports: readonly Port[]
}
type Port = { readonly number: number; readonly name?: string; readonly protocol: 'TCP' | 'UDP' }

type Rule = { readonly peers: readonly Peer[] | undefined; readonly ports: readonly PolicyPort[] | undefined }
type Peer = {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
  readonly namespaceSelector?: Selector
  readonly podSelector?: Selector
}
type PolicyPort = { readonly protocol?: string; readonly port?: string | number; readonly endPort?: number }

const tcp = (number: number): Port => ({ number, protocol: 'TCP' })
const elsewhere = (name: string, namespace: string, labels: Labels, ports: readonly Port[]): Party => ({
  name,
  namespace: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace, ...labels } },
  labels: {},
  ports,
})

/** Ends that a wrong policy might let in or out, along with those that should be. */
const outsiders: readonly Party[] = [
  elsewhere('ingress controller', 'ingress', { 'fastchat/ingress': 'true' }, [tcp(80)]),
  elsewhere('prometheus', 'monitoring', { 'fastchat/monitoring': 'true' }, [tcp(9090)]),
  elsewhere('trace collector', 'observability', { 'fastchat/tracing': 'true' }, [tcp(4317), tcp(4318)]),
  elsewhere('dns', 'kube-system', {}, [tcp(53), { number: 53, protocol: 'UDP' }]),
  elsewhere('pod of another namespace', 'default', {}, [tcp(8080)]),
  { name: 'node-local dns', address: '169.254.20.10', ports: [tcp(53), { number: 53, protocol: 'UDP' }] },
  { name: 'metadata of the cloud', address: '169.254.169.254', ports: [tcp(80)] },
  { name: 'private address', address: '10.1.2.3', ports: [5432, 6379, 6380, 6432, 26379, 22, 443].map(tcp) },
  { name: 'internet', address: '203.0.113.7', ports: [53, 443, 5432, 6379].map(tcp) },
]

/**
 * Returns the connections that policies allow, as sorted lines `a → b:port`. The sender's egress
 * and the receiver's ingress must both allow it, by the rules of Kubernetes: a pod that no policy
 * selects may do everything, and an empty list of peers means all.
 */
export function allowGraph(manifests: readonly Manifest[]): string[] {
  const policies = ofKind<INetworkPolicy>(manifests, 'NetworkPolicy')
  const ours = { name: 'fastchat', labels: { 'kubernetes.io/metadata.name': 'fastchat' } }
  const pods = workloadsOf(manifests).map((workload): Party & Workload => ({
    ...workload,
    namespace: ours,
    labels: workload.podLabels,
    ports: portsOf(workload),
  }))
  const stranger: Party = { name: 'another pod here', namespace: ours, labels: { app: 'x' }, ports: [tcp(8080)] }
  const parties: readonly Party[] = [...pods, stranger, ...outsiders]
  const edges = parties.flatMap((from) =>
    parties.flatMap((to) =>
      to.ports
        .filter((port) => mayReach(from, to, port, policies))
        .map((port) => `${from.name} → ${to.name}:${port.number}${port.protocol === 'UDP' ? '/udp' : ''}`),
    ),
  )
  return edges.sort()
}

const portsOf = ({ pod }: Workload): Port[] =>
  pod.containers.flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, name }) => ({ ...tcp(containerPort), ...(name !== undefined && { name }) })),
  )

function mayReach(from: Party, to: Party, port: Port, policies: readonly INetworkPolicy[]): boolean {
  const isOurs = (party: Party) => party.namespace?.name === 'fastchat'
  if (from === to || (!isOurs(from) && !isOurs(to))) return false
  return (!isOurs(from) || allows(from, to, port, 'Egress')) && (!isOurs(to) || allows(to, from, port, 'Ingress'))

  function allows(self: Party, other: Party, at: Port, direction: 'Ingress' | 'Egress'): boolean {
    const own = policies.filter(
      ({ spec }) => spec?.policyTypes?.includes(direction) && fits(spec.podSelector ?? {}, self.labels ?? {}),
    )
    return own.length === 0 || own.some((policy) => rulesOf(policy, direction).some((rule) => lets(rule, other, at)))
  }
}

function rulesOf({ spec }: INetworkPolicy, direction: 'Ingress' | 'Egress'): Rule[] {
  return direction === 'Ingress'
    ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
    : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
}

function lets({ peers, ports }: Rule, other: Party, at: Port): boolean {
  const isPeer = peers === undefined || peers.length === 0 || peers.some((peer) => isSame(peer, other))
  const isPort = ports === undefined || ports.length === 0 || ports.some((port) => isAt(port, at))
  return isPeer && isPort
}

function isSame(
  { ipBlock, namespaceSelector, podSelector }: Peer,
  { address, namespace, labels = {} }: Party,
): boolean {
  if (ipBlock !== undefined) return address !== undefined && isWithin(address, ipBlock.cidr, ipBlock.except)
  if (namespace === undefined) return false
  const isNamespace =
    namespaceSelector === undefined ? namespace.name === 'fastchat' : fits(namespaceSelector, namespace.labels)
  return isNamespace && fits(podSelector ?? {}, labels)
}

function isAt({ protocol = 'TCP', port, endPort }: PolicyPort, at: Port): boolean {
  if (protocol !== at.protocol) return false
  if (typeof port === 'number' && endPort !== undefined) return at.number >= port && at.number <= endPort
  return port === undefined || port === at.number || port === at.name
}

function isWithin(address: string, cidr: string, except: readonly string[] = []): boolean {
  const contains = (range: string) => {
    const [network = '', prefix = ''] = range.split('/')
    const list = new BlockList()
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(network, Number(prefix), family)
    return list.check(address, 'ipv4')
  }
  return contains(cidr) && !except.some(contains)
}
