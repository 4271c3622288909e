import type { Check } from '../check.ts'
import { assertConfined } from './confined.ts'

export const operator: Check = {
  name: 'operator',
  title: 'the pod of k8s/admin is confined like the others, and the operator’s command lists people and pods from it',
  async run({ installation: { cluster, chatPods }, people }) {
    const pod = cluster.beginJob('admin')
    await cluster.untilReady(pod.name)
    await assertConfined(pod)
    // With --json the command prints one object per line.
    const ask = async (...args: string[]) =>
      (await pod.execute(['apps/admin/bin/fastchat-admin.mjs', ...args, '--json']))
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly name?: string; readonly users?: number })
    const names = (await ask('users', 'list')).map(({ name }) => name)
    const missing = people.filter(({ name }) => !names.includes(name))
    if (missing.length > 0) throw new Error(`it does not find ${missing.map(({ name }) => name).join(', ')}`)
    const pods = await ask('pods', 'list')
    if (pods.length !== chatPods.length) throw new Error(`it finds ${pods.length} pods`)
    return { people: names.length, pods: pods.length }
  },
}
