import { ofKind } from '@fastchat/tools/workloads'
import type { IConfigMap, IContainer, IEnvVar } from 'kubernetes-models/v1'
import type { Objects, PodObject } from './pod-object.ts'

/**
 * Returns the environment of a container. Its `env` overrides variables of ConfigMaps. @throws when
 * a ConfigMap or a field is missing
 */
export function variablesOf(
  { envFrom = [], env = [] }: IContainer,
  pod: PodObject,
  ip: string,
  objects: Objects,
): Record<string, string> {
  const maps = ofKind<IConfigMap>(objects, 'ConfigMap')
  const ofMaps = envFrom.flatMap(({ configMapRef, secretRef }) => {
    const map = maps.find(({ metadata }) => metadata.name === configMapRef?.name)
    if (map === undefined) throw new Error(`${pod.name}: no ConfigMap ${configMapRef?.name ?? secretRef?.name}`)
    return Object.entries(map.data ?? {})
  })
  return Object.fromEntries([...ofMaps, ...env.map((one) => [one.name, readVariable(one, pod, ip)] as const)])
}

function readVariable({ name, value, valueFrom }: IEnvVar, pod: PodObject, ip: string): string {
  if (valueFrom === undefined) return value ?? ''
  const path = valueFrom.fieldRef?.fieldPath ?? ''
  const [, label] = /^metadata\.labels\['(.+)'\]$/.exec(path) ?? []
  if (label !== undefined) return pod.labels[label] ?? ''
  if (path === 'metadata.name') return pod.name
  if (path === 'metadata.namespace') return pod.namespace
  if (path === 'status.podIP') return ip
  throw new Error(`${pod.name}: ${name} comes from ${path || 'a source that this kubelet does not support'}`)
}
