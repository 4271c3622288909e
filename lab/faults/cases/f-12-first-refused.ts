import type { FaultCase } from '../fault-case.ts'
import { codeOf, Sender, seqOf } from '../sender.ts'

const burst = 8

export const firstRefused: FaultCase = {
  id: 'F-12',
  title: 'sends exceed the rate limit all the time: no later message overtakes a rejected one',
  installation: { podEnv: { SENDS_PER_SECOND: '10', SEND_BURST: String(burst) } },
  load: { people: 2, perSecond: 150 },
  async run({ installation, fault, untilAcked, until }) {
    const sender = await Sender.seed(installation)
    const socket = await sender.connect(installation.podUrl('chat-0'))
    await fault('rate limit', 'clients', async () => {
      const messages = Array.from({ length: burst + 5 }, () => sender.message())
      const codes = (await sender.send(socket, messages)).map(codeOf)
      const at = codes.findIndex((code) => code !== 'ok')
      if (codes[at] !== 'rate_limited') throw new Error(`refused: ${codes}`)
      if (codes.slice(at + 1).some((code) => code !== 'out_of_line'))
        throw new Error(`later messages overtook: ${codes}`)
      // There is room again, and still later messages wait for the first rejected one.
      const rest = messages.slice(at)
      await until(async () => {
        const [later] = await sender.send(socket, rest.slice(1, 2))
        if (codeOf(later) !== 'out_of_line') throw new Error(`the second is ${codeOf(later)} before the first`)
        seqOf((await sender.send(socket, rest.slice(0, 1), { first: true }))[0])
      })
      await until(async () => void seqOf((await sender.send(socket, rest.slice(1, 2), { first: true }))[0]))
      await untilAcked(500)
    })
    socket.close()
  },
}
