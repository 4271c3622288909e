import { renderOverlay } from '@fastchat/tools/kustomize'
import { ofKind } from '@fastchat/tools/workloads'
import { expect, test } from 'vitest'
import { containerArguments } from './container-arguments.ts'
import { podsOfStatefulSet } from './controllers.ts'

const context = {
  network: 'pods',
  ip: '10.247.0.12',
  nameServer: '10.247.0.1',
  searches: ['fastchat.svc.cluster.local', 'svc.cluster.local'],
  variables: { PORT: '8080' },
  mounts: [{ path: '/etc/fastchat', folder: '/volumes/secrets', isReadOnly: true }],
  logFile: '/logs/chat.log',
}

async function chatPod() {
  const set = ofKind(await renderOverlay('local'), 'StatefulSet').find(({ metadata }) => metadata.name === 'chat')
  const [, pod] = set ? podsOfStatefulSet(set, 0) : []
  const [container] = pod?.spec.containers ?? []
  if (!pod || !container) throw new Error('the overlay has no chat')
  return { pod, container }
}

/** Returns the values that follow a flag. */
const valuesOf = (args: readonly string[], flag: string) =>
  args.flatMap((arg, n) => (arg === flag ? [args[n + 1]] : []))

test('a container gets the confinement of its manifest', async () => {
  const { pod, container } = await chatPod()
  const args = containerArguments(pod, container, context)
  expect(valuesOf(args, '--name')).toEqual(['fastchat-chat-1-chat'])
  expect(valuesOf(args, '--user')).toEqual(['10001:10001'])
  expect(valuesOf(args, '--group-add')).toEqual(['10001'])
  expect(valuesOf(args, '--cap-drop')).toEqual(['ALL'])
  expect(valuesOf(args, '--security-opt')).toEqual(['no-new-privileges'])
  expect(args).toContain('--read-only')
  expect(args).toContain('--passwd=false')
  expect(valuesOf(args, '--memory')).toEqual([String(2 * 2 ** 30)])
  expect(valuesOf(args, '--memory-swap')).toEqual(valuesOf(args, '--memory'))
  expect(valuesOf(args, '--ip')).toEqual(['10.247.0.12'])
  expect(valuesOf(args, '--dns-search')).toEqual(context.searches)
  expect(valuesOf(args, '--env')).toEqual(['PORT=8080'])
  expect(valuesOf(args, '--volume')).toEqual(['/volumes/secrets:/etc/fastchat:ro'])
  expect(args.at(-1)).toMatch(/^docker\.io\/fastchat\/chat:/)
})

test('a missing line of the manifest leaves the container unconfined, so that a check sees it', async () => {
  const { pod, container } = await chatPod()
  const { securityContext: _, resources: __, ...bare } = container
  const args = containerArguments(pod, bare, context)
  for (const flag of ['--cap-drop', '--security-opt', '--read-only', '--memory']) expect(args).not.toContain(flag)
  const rootful = { ...pod, spec: { containers: [bare] } }
  expect(() => containerArguments(rootful, bare, context)).toThrow('no user and group to run as')
})

test('a command replaces the entrypoint, and arguments alone follow it', async () => {
  const { pod, container } = await chatPod()
  const commanded = containerArguments(pod, { ...container, command: ['/bin/sh', '-c'], args: ['true'] }, context)
  expect(valuesOf(commanded, '--entrypoint')).toEqual(['/bin/sh'])
  expect(commanded.slice(-2)).toEqual(['-c', 'true'])
  const argued = containerArguments(pod, { ...container, args: ['wait'] }, context)
  expect(argued).not.toContain('--entrypoint')
  expect(argued.at(-1)).toBe('wait')
})
