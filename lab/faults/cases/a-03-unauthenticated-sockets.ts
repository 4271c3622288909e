import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { UnauthenticatedPlan } from '../clients/unauthenticated-main.ts'
import type { FaultCase } from '../fault-case.ts'
import { Sender } from '../sender.ts'

const sockets = 5_000
const perAddress = 20
/**
 * This is over three times the rate that three pods accept. All at the same moment would measure
 * how fast two cores can open and close sockets.
 */
const perSecond = 2_000
const connectedWithinMs = 2_000
const connectEveryMs = 250

export const unauthenticatedSockets: FaultCase = {
  id: 'A-03',
  title: '5 000 sockets of 250 addresses never authenticate; a device that does is connected within 2 s',
  // The limits per address and in all are those of production.
  installation: { podEnv: { WAITING_PER_ADDRESS: String(perAddress), HANDSHAKES_PER_SECOND: '200' } },
  // A pod rejects over a thousand sockets at once, on the two cores that also open them.
  bounds: { openFiles: 3_000, lagMs: connectedWithinMs },
  async run({ installation, fault, untilAcked, until, say }) {
    const sender = await Sender.seed(installation)
    const urls = installation.pods.map((_, n) => installation.stack.pod(n))
    const plan: UnauthenticatedPlan = {
      ports: urls.map((url) => Number(new URL(url).port)),
      sockets,
      perAddress,
      perSecond,
    }
    let slowestMs = 0
    await fault('unauthenticated sockets', 'pods', async () => {
      const crowd = new Worker(new URL('../clients/unauthenticated-main.ts', import.meta.url), { workerData: plan })
      let isOver = false
      const over = new Promise((resolve, reject) => crowd.once('exit', resolve).once('error', reject)).finally(() => {
        isOver = true
      })
      try {
        while (!isOver) {
          slowestMs = Math.max(slowestMs, await timeToConnect(sender, urls))
          await delay(connectEveryMs)
        }
        await over
      } finally {
        await crowd.terminate()
      }
    })
    say(`  the slowest authenticating device was connected after ${Math.round(slowestMs)} ms`)
    if (slowestMs > connectedWithinMs) throw new Error(`a device waited ${Math.round(slowestMs)} ms to connect`)
    await until(() => timeToConnect(sender, urls).then(() => undefined))
    await untilAcked(100)
  },
}

/**
 * Returns the ms until a device is connected. Like a client it tries the next pod when one is full.
 */
async function timeToConnect(sender: Sender, urls: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  for (let tries = 0; ; tries++) {
    const socket = await sender.connect(urls[tries % urls.length] ?? '').catch(() => undefined)
    if (socket) {
      socket.close()
      return performance.now() - startedAt
    }
    await delay(50)
  }
}
