import type { FaultCase } from '../fault-case.ts'
import { Sender, seqOf } from '../sender.ts'

const rounds = 125
const atOnce = 32

export const sameIdOnTwoPods: FaultCase = {
  id: 'F-10',
  title: 'a device sends 4 000 messages to two pods at once that are cut off from each other',
  async run({ installation, fault, untilAcked, until }) {
    const sender = await Sender.seed(installation)
    const links = ['chat-0>redis', 'chat-1>redis']
    const sendTwice = async () => {
      for (const link of links) installation.setLink(link, { blackHole: 'both' })
      // The pods cannot tell each other that the device has moved.
      const one = await sender.connect(installation.podUrl('chat-0'))
      const other = await sender.connect(installation.podUrl('chat-1'))
      for (let round = 0; round < rounds; round++) {
        const messages = Array.from({ length: atOnce }, () => sender.message())
        const [first, second] = await Promise.all([sender.send(one, messages), sender.send(other, messages)])
        const seqs = first.map(seqOf)
        if (second.map(seqOf).join() !== seqs.join()) throw new Error('the two acks of a message differ')
      }
      for (const socket of [one, other]) socket.close()
    }
    await fault('black hole', 'redis', sendTwice, () => {
      for (const link of links) installation.setLink(link, {})
    })
    await until(async () => {
      const [row] = await installation.stack.sql(
        `select count(*)::int as count, count(distinct client_id)::int as ids, (max(seq) - min(seq) + 1)::int as span
         from message m join conversation c on c.id = m.conversation_id where c.pub_id = $1`,
        [sender.conversation],
      )
      const counts = [row?.count, row?.ids, row?.span]
      if (counts.some((count) => count !== rounds * atOnce))
        throw new Error(`the counts of rows, ids and seqs are ${counts}`)
    })
    await untilAcked(100)
  },
}
