import type { FaultCase } from '../fault-case.ts'

export const killedAfterCommit: FaultCase = {
  id: 'F-02',
  title: 'a pod dies between the commit and the first word of it',
  isStarred: true,
  async run({ installation, fault, flows, until }) {
    for (const pod of installation.pods) {
      const head = async () =>
        Number((await installation.stack.sql('select sum(last_seq) as sum from conversation'))[0]?.sum)
      const kill = async () => {
        // Neither its publishes nor its acks get out, while what comes in is stored.
        installation.weather(`${pod}>redis`, { blackHole: 'up' })
        installation.weather(`clients>${pod}`, { blackHole: 'down' })
        const before = await head()
        await until(async () => {
          if ((await head()) < before + 10) throw new Error('nothing is stored')
        })
        await installation.kill(pod)
        for (const link of [`${pod}>redis`, `clients>${pod}`]) {
          installation.cut(link)
          installation.weather(link, {})
        }
      }
      await fault('kill after commit', pod, kill, () => installation.bringUp(pod))
      await flows(50)
    }
  },
}
