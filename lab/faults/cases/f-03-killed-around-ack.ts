import type { FaultCase } from '../fault-case.ts'

export const killedAroundAck: FaultCase = {
  id: 'F-03',
  title: 'a pod dies after its publishes and before its acks; and after acks, before it stores cursors',
  async run({ installation, fault, untilAcked, until }) {
    const head = async () =>
      Number((await installation.stack.sql('select sum(last_seq) as sum from conversation'))[0]?.sum)
    for (const pod of installation.pods) {
      const link = `clients>${pod}`
      const killUnacked = async () => {
        installation.setLink(link, { blackHole: 'down' })
        const before = await head()
        await until(async () => {
          if ((await head()) < before + 10) throw new Error('nothing is stored')
        })
        await installation.kill(pod)
        installation.cut(link)
        installation.setLink(link, {})
      }
      await fault('kill before ack', pod, killUnacked, () => installation.bringUp(pod))
      await untilAcked(50)
      // A cursor is stored about a second after the ack.
      await fault(
        'kill after ack',
        pod,
        () => untilAcked(20).then(() => installation.kill(pod)),
        () => installation.bringUp(pod),
      )
      await untilAcked(50)
    }
  },
}
