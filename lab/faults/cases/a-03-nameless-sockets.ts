import { setTimeout as delay } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { NamelessPlan } from '../clients/nameless-main.ts'
import type { FaultCase } from '../fault-case.ts'
import { Sender } from '../sender.ts'

const sockets = 5_000
const perAddress = 20
/** Over three times what three pods let in. All at the same moment would measure how fast two cores can open and close sockets. */
const perSecond = 2_000
const honestWithinMs = 2_000
const honestEveryMs = 250

export const namelessSockets: FaultCase = {
  id: 'A-03',
  title: '5 000 sockets of 250 addresses never say who they are; whoever does is in within 2 s',
  // What one address may, and all together, as in production.
  installation: { podEnv: { WAITING_PER_ADDRESS: String(perAddress), HANDSHAKES_PER_SECOND: '200' } },
  // A pod turns away over a thousand at once, beside whoever opens them on the same two cores.
  bounds: { openFiles: 3_000, lagMs: honestWithinMs },
  async run({ installation, fault, flows, until, say }) {
    const sender = await Sender.seed(installation)
    const urls = installation.pods.map((_, n) => installation.stack.pod(n))
    const plan: NamelessPlan = { ports: urls.map((url) => Number(new URL(url).port)), sockets, perAddress, perSecond }
    let slowestMs = 0
    await fault('nameless sockets', 'pods', async () => {
      const crowd = new Worker(new URL('../clients/nameless-main.ts', import.meta.url), { workerData: plan })
      let isOver = false
      const over = new Promise((resolve, reject) => crowd.once('exit', resolve).once('error', reject)).finally(() => {
        isOver = true
      })
      try {
        while (!isOver) {
          slowestMs = Math.max(slowestMs, await timeToConnect(sender, urls))
          await delay(honestEveryMs)
        }
        await over
      } finally {
        await crowd.terminate()
      }
    })
    say(`  the slowest of the honest was in after ${Math.round(slowestMs)} ms`)
    if (slowestMs > honestWithinMs) throw new Error(`somebody waited ${Math.round(slowestMs)} ms to come in`)
    await until(() => timeToConnect(sender, urls).then(() => undefined))
    await flows(100)
  },
}

/** As a client does: to the next pod when one has no place. */
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
