import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '../../kubelet/pod.ts'
import { bytesOf } from '../../kubelet/quantity.ts'
import type { Check } from '../check.ts'

const user = 10_001
const services = ['auth', 'balancer', 'chat', 'web']

export const confined: Check = {
  name: 'confined',
  title:
    'every container runs as 10001 without a capability, on a read-only root, within its memory, and node is process 1',
  async run({ installation: { cluster } }) {
    for (const pod of cluster.pods) await assertConfined(pod)
    return { containers: cluster.pods.length }
  },
}

/**
 * Checks the confinement that the kernel reports of a pod's first process, rather than what was
 * asked for.
 */
export async function assertConfined(pod: Pod): Promise<void> {
  const status = await readFile(`/proc/${pod.pid}/status`, 'utf8')
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? ''
  const expected: Readonly<Record<string, string>> = {
    Uid: Array.from({ length: 4 }, () => user).join('\t'),
    Gid: Array.from({ length: 4 }, () => user).join('\t'),
    CapPrm: '0000000000000000',
    CapEff: '0000000000000000',
    CapBnd: '0000000000000000',
    NoNewPrivs: '1',
    // The value 2 means that a seccomp filter is in force.
    Seccomp: '2',
  }
  for (const [name, value] of Object.entries(expected))
    if (field(name) !== value) throw new Error(`${pod.name}: ${name} is ${field(name)}, not ${value}`)
  const mounts = await readFile(`/proc/${pod.pid}/mounts`, 'utf8')
  const [, options = ''] = /^\S+ \/ \S+ (\S+)/m.exec(mounts) ?? []
  if (!options.split(',').includes('ro')) throw new Error(`${pod.name}: its root is writable`)
  if (await canWrite(pod, '/written')) throw new Error(`${pod.name}: it has written to its root`)
  if (!(await canWrite(pod, '/tmp/written'))) throw new Error(`${pod.name}: it can't write to /tmp`)
  if (existsSync(`/proc/${pod.pid}/root/var/run/secrets/kubernetes.io`)) throw new Error(`${pod.name} has a token`)
  const declared = bytesOf(pod.container.resources?.limits?.memory ?? 0)
  const limit = await memoryOf(pod, 'limit')
  if (limit !== declared) throw new Error(`${pod.name}: its memory is limited to ${limit} bytes, not ${declared}`)
  const [program] = (await readFile(`/proc/${pod.pid}/cmdline`, 'utf8')).split('\0')
  if (services.includes(pod.container.name) && program !== 'node') throw new Error(`${pod.name} runs ${program}`)
}

const canWrite = (pod: Pod, path: string) =>
  pod.execute(['touch', path]).then(
    () => true,
    () => false,
  )

/** Returns the memory figure of the pod's control group, of version 1 or 2. */
export async function memoryOf({ pid }: Pod, what: 'limit' | 'peak'): Promise<number> {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8')
  const [, first] = /^\d+:(?:\w+,)*memory(?:,\w+)*:(.*)$/m.exec(groups) ?? []
  const [, second = ''] = /^0::(.*)$/m.exec(groups) ?? []
  const file =
    first === undefined
      ? join('/sys/fs/cgroup', second, { limit: 'memory.max', peak: 'memory.peak' }[what])
      : join(
          '/sys/fs/cgroup/memory',
          first,
          { limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' }[what],
        )
  return Number(await readFile(file, 'utf8'))
}
