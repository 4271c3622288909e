import { eventually } from '@fastchat/testkit'
import { bytesOf } from '../../kubelet/quantity.ts'
import type { Check } from '../check.ts'
import { memoryOf } from './confined.ts'

/** 128 and SIGKILL: what a shell says of who was killed. */
const killed = 137
const glutton = 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1))'

export const memory: Check = {
  name: 'memory',
  title: 'who takes more memory than its pod may have is ended, the others notice nothing, and the pod comes back',
  async run(world) {
    const { cluster } = world.installation
    const [pod] = cluster.podsOf('balancer')
    if (!pod) throw new Error('no balancer')
    const limit = bytesOf(pod.container.resources?.limits?.memory ?? 0)
    const others = () => cluster.restarts - pod.restarts
    const before = others()
    const end = await pod.execute(['sh', '-c', `node -e '${glutton}' || echo $?`], 60_000)
    if (Number(end) !== killed) throw new Error(`the glutton ended with ${end}`)
    await eventually(async () => {
      await cluster.untilReady(pod.name)
      if ((await memoryOf(pod, 'peak')) > limit) throw new Error('the pod had more than its limit')
    })
    if (others() > before) throw new Error('others were started again')
    await world.talk('after somebody took too much')
    const peaks = await Promise.all(cluster.podsOf('chat').map((chat) => memoryOf(chat, 'peak')))
    return { 'limit MiB': mebibytes(limit), 'chat peak MiB': Math.max(...peaks.map(mebibytes)) }
  },
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20)
