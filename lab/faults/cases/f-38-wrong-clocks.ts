import { shiftedClock } from '@fastchat/testkit'
import type { FaultCase } from '../fault-case.ts'

const hourMs = 3_600_000
const shifts = [-hourMs, hourMs]
/** A pod whose clock is further off accepts no connections. */
const behindMs = -25_000

export const wrongClocks: FaultCase = {
  id: 'F-38',
  title: 'the clocks of clients are an hour slow or fast, and that of a pod 25 seconds slow',
  installation: { envOfPod: (pod) => (pod === 'chat-0' ? shiftedClock(behindMs) : {}) },
  async run({ clients, fault, untilAcked }) {
    const people = clients.filter(({ kind }) => kind === 'sdk')
    for (const sign of [1, -1]) {
      for (const [n, client] of people.entries()) {
        const shift = sign * (shifts[n % shifts.length] ?? 0)
        await fault('wrong clock', 'a client', async () => {
          await client.kill()
          client.start(shiftedClock(shift))
        })
      }
      await untilAcked(500)
    }
  },
}
