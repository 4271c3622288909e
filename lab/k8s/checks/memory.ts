import { eventually } from '@fastchat/testkit'
import { bytesOf } from '../../kubelet/quantity.ts'
import type { Check } from '../check.ts'
import { memoryOf } from './confined.ts'

/** The exit code that a shell reports for a process ended by SIGKILL: 128 + 9. */
const killed = 137
const memoryEater = 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1))'

export const memory: Check = {
  name: 'memory',
  title: 'a process that exceeds its pod’s memory limit is killed, other pods go on, and the pod comes back',
  async run(world) {
    const { cluster } = world.installation
    const [pod] = cluster.podsOf('balancer')
    if (!pod) throw new Error('there is no balancer pod')
    const limit = bytesOf(pod.container.resources?.limits?.memory ?? 0)
    const others = () => cluster.restarts - pod.restarts
    const before = others()
    const end = await pod.execute(['sh', '-c', `node -e '${memoryEater}' || echo $?`], 60_000)
    if (Number(end) !== killed) throw new Error(`the process that takes memory ended with ${end}`)
    await eventually(async () => {
      await cluster.untilReady(pod.name)
      if ((await memoryOf(pod, 'peak')) > limit) throw new Error('the pod used more memory than its limit')
    })
    if (others() > before) throw new Error('other pods were restarted')
    await world.talk('after somebody took too much')
    const peaks = await Promise.all(cluster.podsOf('chat').map((chat) => memoryOf(chat, 'peak')))
    return { 'limit MiB': mebibytes(limit), 'chat peak MiB': Math.max(...peaks.map(mebibytes)) }
  },
}

const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20)
