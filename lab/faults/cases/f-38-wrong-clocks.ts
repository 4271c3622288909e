import { shiftedClock } from '@fastchat/testkit'
import type { FaultCase } from '../fault-case.ts'

const hourMs = 3_600_000
const shifts = [-hourMs, hourMs]
/** Further off, and the pod takes nobody. */
const behindMs = -25_000

export const wrongClocks: FaultCase = {
  id: 'F-38',
  title: 'clients are an hour early and an hour late, a pod 25 seconds',
  installation: { envOfPod: (pod) => (pod === 'chat-0' ? shiftedClock(behindMs) : {}) },
  async run({ clients, fault, flows }) {
    const people = clients.filter(({ kind }) => kind === 'sdk')
    for (const sign of [1, -1]) {
      for (const [n, client] of people.entries()) {
        const shift = sign * (shifts[n % shifts.length] ?? 0)
        await fault('wrong clock', 'a client', async () => {
          await client.kill()
          client.start(shiftedClock(shift))
        })
      }
      await flows(500)
    }
  },
}
