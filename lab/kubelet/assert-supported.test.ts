import { k8sFolder, parseManifests, renderFolder, renderOverlay } from '@fastchat/tools/kustomize'
import { workloadsOf } from '@fastchat/tools/workloads'
import type { IPodSpec } from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { assertSupported } from './assert-supported.ts'

const check = (spec: IPodSpec) =>
  assertSupported({ name: 'chat-0', namespace: 'fastchat', labels: {}, claims: [], spec })
const chat = { name: 'chat', image: 'fastchat/chat:0.1.0' }

test('every field that k8s:e2e uses is supported', async () => {
  const manifests = [...(await renderOverlay('local')), ...parseManifests(await renderFolder(`${k8sFolder}/admin`))]
  const workloads = workloadsOf(manifests)
  expect(workloads.length).toBeGreaterThan(8)
  for (const { pod } of workloads) check(pod)
})

test.each<[string, IPodSpec]>([
  ['hostNetwork', { containers: [chat], hostNetwork: true }],
  ['workingDir', { containers: [{ ...chat, workingDir: '/' }] }],
  ['stdin', { containers: [chat], initContainers: [{ ...chat, stdin: true }] }],
  ['privileged', { containers: [{ ...chat, securityContext: { privileged: true } }] }],
  ['sysctls', { containers: [chat], securityContext: { sysctls: [{ name: 'a', value: 'b' }] } }],
  ['seccompProfile', { containers: [chat], securityContext: { seccompProfile: { type: 'Unconfined' } } }],
])('the unsupported field %s is rejected', (field, spec) => {
  expect(() => check(spec)).toThrow(
    `chat-0: this kubelet does not support ${field.startsWith('seccomp') ? 'a ' : ''}${field}`,
  )
})

test('a pod that sets runAsNonRoot and runs as root is rejected', () => {
  expect(() => check({ containers: [chat], securityContext: { runAsNonRoot: true, runAsUser: 0 } })).toThrow('as root')
})
