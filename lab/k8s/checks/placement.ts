import { RawSocket } from '@fastchat/tests/raw-socket'
import { seedDevices } from '@fastchat/tests/seed'
import { signTokens } from '@fastchat/tests/sign-tokens'
import type { Check } from '../check.ts'

const connections = 500
/** The number of devices that connect at once. */
const atOnce = 25
const maxSpread = 0.1

export const placement: Check = {
  name: 'placement',
  title: '500 sockets that ask the balancer spread over the pods: counts differ by at most 10 % of the mean',
  async run({ installation }) {
    const waiting = [
      ...(await signTokens(installation.signingKeysFile, await seedDevices(installation.sql, connections))),
    ]
    const sockets: RawSocket[] = []
    const perPod = new Map<string, number>()
    const arrive = async () => {
      for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
        const [first] = await installation.candidates(token)
        const socket = await RawSocket.hello(installation.socketUrl(first), token)
        sockets.push(socket)
        const ready = await socket.until((frame) => frame.t === 'ready')
        const pod = ready.t === 'ready' ? ready.pod : ''
        if (pod !== first?.pod) throw new Error(`${first?.url} leads to ${pod}`)
        perPod.set(pod, (perPod.get(pod) ?? 0) + 1)
      }
    }
    try {
      await Promise.all(Array.from({ length: atOnce }, arrive))
    } finally {
      for (const socket of sockets) socket.close()
    }
    const counts = [...perPod.values()]
    const spread = (Math.max(...counts) - Math.min(...counts)) / (connections / counts.length)
    const figures = { sockets: sockets.length, 'per pod': counts.join('/'), spread: `${(100 * spread).toFixed(1)} %` }
    if (perPod.size !== installation.chatPods.length || spread > maxSpread) throw new Error(JSON.stringify(figures))
    return figures
  },
}
