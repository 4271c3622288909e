import type { FaultCase } from '../fault-case.ts'

export const killedAroundAck: FaultCase = {
  id: 'F-03',
  title: 'a pod dies before its acks, though others have heard; and right after, with cursors not stored',
  async run({ installation, fault, flows, until }) {
    const head = async () =>
      Number((await installation.stack.sql('select sum(last_seq) as sum from conversation'))[0]?.sum)
    for (const pod of installation.pods) {
      const link = `clients>${pod}`
      const killUnacked = async () => {
        installation.weather(link, { blackHole: 'down' })
        const before = await head()
        await until(async () => {
          if ((await head()) < before + 10) throw new Error('nothing is stored')
        })
        await installation.kill(pod)
        installation.cut(link)
        installation.weather(link, {})
      }
      await fault('kill before ack', pod, killUnacked, () => installation.bringUp(pod))
      await flows(50)
      // Cursors are stored about a second after they are acked.
      await fault(
        'kill after ack',
        pod,
        () => flows(20).then(() => installation.kill(pod)),
        () => installation.bringUp(pod),
      )
      await flows(50)
    }
  },
}
