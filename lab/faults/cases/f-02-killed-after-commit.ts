import type { FaultCase } from '../fault-case.ts'

export const killedAfterCommit: FaultCase = {
  id: 'F-02',
  title: 'a pod dies after the commit and before the publish and the ack',
  isStarred: true,
  async run({ installation, fault, untilAcked, until }) {
    for (const pod of installation.pods) {
      const head = async () =>
        Number((await installation.stack.sql('select sum(last_seq) as sum from conversation'))[0]?.sum)
      const kill = async () => {
        // The pod's publishes and acks do not get out, while the messages that reach it are stored.
        installation.setLink(`${pod}>redis`, { blackHole: 'up' })
        installation.setLink(`clients>${pod}`, { blackHole: 'down' })
        const before = await head()
        await until(async () => {
          if ((await head()) < before + 10) throw new Error('nothing is stored')
        })
        await installation.kill(pod)
        for (const link of [`${pod}>redis`, `clients>${pod}`]) {
          installation.cut(link)
          installation.setLink(link, {})
        }
      }
      await fault('kill after commit', pod, kill, () => installation.bringUp(pod))
      await untilAcked(50)
    }
  },
}
