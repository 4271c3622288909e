import type { FaultCase } from '../fault-case.ts'
import { codeOf, Sender, seqOf } from '../sender.ts'

export const sameIdOtherBytes: FaultCase = {
  id: 'F-11',
  title: 'an id is used again for other bytes, on any pod, also after a crash',
  async run({ installation, fault, untilAcked }) {
    const sender = await Sender.seed(installation)
    const message = sender.message()
    const forged = { ...sender.message(), id: message.id }
    const ask = async (pod: string, one: typeof message) => {
      const socket = await sender.connect(installation.podUrl(pod))
      const [answer] = await sender.send(socket, [one], { first: true })
      socket.close()
      return answer
    }
    const seq = seqOf(await ask('chat-0', message))
    for (const pod of installation.pods) {
      const code = codeOf(await ask(pod, forged))
      if (code !== 'conflict') throw new Error(`${pod} answers ${code}`)
      await fault(
        'kill',
        pod,
        () => installation.kill(pod),
        () => installation.bringUp(pod),
      )
    }
    if (seqOf(await ask('chat-1', message)) !== seq) throw new Error('the same message has another seq now')
    const rows = await installation.stack.sql(
      'select m.envelope from message m join conversation c on c.id = m.conversation_id where c.pub_id = $1',
      [sender.conversation],
    )
    const stored = rows.map(({ envelope }) => Buffer.from(envelope as Uint8Array).toString('base64url'))
    if (stored.length !== 1 || stored[0] !== message.envelope) throw new Error('the stored message has changed')
    await untilAcked(100)
  },
}
