import { renderOverlay } from '@fastchat/tools/kustomize'
import { ofKind } from '@fastchat/tools/workloads'
import { expect, test } from 'vitest'
import { podsOfStatefulSet } from './controllers.ts'
import { variablesOf } from './variables.ts'

async function chatPods(generation: number) {
  const objects = await renderOverlay('local')
  const set = ofKind(objects, 'StatefulSet').find(({ metadata }) => metadata.name === 'chat')
  if (!set) throw new Error('the overlay has no chat')
  return { objects, pods: podsOfStatefulSet(set, generation) }
}

test('pods of a StatefulSet have stable names, and a revision per generation', async () => {
  const { pods } = await chatPods(0)
  expect(pods.map(({ name }) => name)).toEqual(['chat-0', 'chat-1', 'chat-2'])
  const revisions = (generation: typeof pods) => [
    ...new Set(generation.map(({ labels }) => labels['controller-revision-hash'])),
  ]
  expect(revisions(pods)).toHaveLength(1)
  expect(revisions((await chatPods(0)).pods)).toEqual(revisions(pods))
  expect(revisions((await chatPods(1)).pods)).not.toEqual(revisions(pods))
})

test('a container gets the variables of its ConfigMap and the fields of its pod', async () => {
  const { objects, pods } = await chatPods(3)
  const [, , pod] = pods
  const [container] = pod?.spec.containers ?? []
  if (!pod || !container) throw new Error('no third pod')
  const variables = variablesOf(container, pod, '10.247.0.9', objects)
  expect(variables).toMatchObject({
    PORT: '8080',
    POD_NAME: 'chat-2',
    POD_REVISION: pod.labels['controller-revision-hash'],
    POD_CAPACITY: '10000',
  })
  const unknown = { ...container, env: [{ name: 'ZONE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }] }
  expect(() => variablesOf(unknown, pod, '10.247.0.9', objects)).toThrow('chat-2: ZONE comes from spec.nodeName')
  const without = objects.filter(({ kind }) => kind !== 'ConfigMap')
  expect(() => variablesOf(container, pod, '10.247.0.9', without)).toThrow('no ConfigMap')
})
