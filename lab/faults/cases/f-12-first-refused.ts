import type { FaultCase } from '../fault-case.ts'
import { codeOf, Sender, seqOf } from '../sender.ts'

const burst = 8

export const firstRefused: FaultCase = {
  id: 'F-12',
  title: 'sends are refused for their rate all the time: nothing sent later comes before them',
  installation: { podEnv: { SENDS_PER_SECOND: '10', SEND_BURST: String(burst) } },
  load: { people: 2, perSecond: 150 },
  async run({ installation, fault, flows, until }) {
    const sender = await Sender.seed(installation)
    const socket = await sender.connect(installation.podUrl('chat-0'))
    await fault('rate limit', 'clients', async () => {
      const messages = Array.from({ length: burst + 5 }, () => sender.message())
      const codes = (await sender.send(socket, messages)).map(codeOf)
      const at = codes.findIndex((code) => code !== 'ok')
      if (codes[at] !== 'rate_limited') throw new Error(`refused: ${codes}`)
      if (codes.slice(at + 1).some((code) => code !== 'out_of_line')) throw new Error(`some overtook: ${codes}`)
      // There is room again, and still they wait for the first of them.
      const rest = messages.slice(at)
      await until(async () => {
        const [later] = await sender.send(socket, rest.slice(1, 2))
        if (codeOf(later) !== 'out_of_line') throw new Error(`the second is ${codeOf(later)} before the first`)
        seqOf((await sender.send(socket, rest.slice(0, 1), { first: true }))[0])
      })
      await until(async () => void seqOf((await sender.send(socket, rest.slice(1, 2), { first: true }))[0]))
      await flows(500)
    })
    socket.close()
  },
}
