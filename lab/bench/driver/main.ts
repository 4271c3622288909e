import { type CallMessage, type DriverCalls, isFastChat, type PairPlan, type SocketPlan } from './calls.ts'
import { catchUp } from './catch-up.ts'
import { openFastChatGroup } from './fastchat-group.ts'
import { Faults } from './faults.ts'
import type { Lane } from './lane.ts'
import { LoadMaker } from './load-maker.ts'
import { openSocket } from './open-socket.ts'
import { Pair } from './pair.ts'
import { openPeerGroup } from './peer-group.ts'
import { openPeerPair } from './peer-pair.ts'
import { dialects } from './peers/index.ts'
import { openWebSocket } from './web-socket.ts'

/** The number of handshakes at a time: the load of a busy day, not a storm. */
const connectsAtOnce = 32
/**
 * How long to wait for outstanding messages. This is far longer than any may take, so a missing one
 * is lost.
 */
const restMs = 20_000

const faults = new Faults()
const load = new LoadMaker()
const lanes: Lane[] = []

const calls: DriverCalls = {
  connect: (sockets) => inTurns(sockets, connect),
  async pair(plans) {
    await inTurns(plans, async (plan) => void lanes.push(await openPair(plan)))
    load.over(lanes)
  },
  async group(plan) {
    if ('conversation' in plan) lanes.push(await openFastChatGroup(plan, load, faults, inTurns))
    else lanes.push(await openPeerGroup(plan, load, faults))
    load.over(lanes)
  },
  load: async (wanted) => load.start(wanted),
  take: async () => load.take(),
  async rest() {
    load.stop()
    const deadline = performance.now() + restMs
    while (lanes.some((lane) => !lane.isIdle) && performance.now() < deadline && !faults.any) await nextLook()
    for (const lane of lanes) lane.checkNothingMissing()
    return lanes.reduce((sum, { sentCount }) => sum + sentCount, 0)
  },
  async catchUp(devices) {
    const took: number[] = []
    await inTurns(devices, async (device) => void took.push(await catchUp(device, faults)))
    return Float64Array.from(took)
  },
}

process.on('message', ({ n, name, args }: CallMessage) => {
  // The bench sends only calls that `DriverCalls` declares.
  const call = calls[name] as (...args: readonly unknown[]) => Promise<unknown>
  call(...args)
    .then((value) => {
      faults.check()
      process.send?.({ n, value })
    })
    .catch((error: unknown) => process.send?.({ n, error: error instanceof Error ? error.message : String(error) }))
})
process.on('disconnect', () => process.exit())

async function connect(plan: SocketPlan): Promise<void> {
  if (isFastChat(plan)) await openSocket(plan, { frame: () => {} }, faults)
  else if ('peer' in plan) await dialects[plan.peer].open(plan, { body: () => {}, acked: () => {} }, faults)
  else await openWebSocket({ url: plan.bare }, { received: () => {}, broken: (what) => faults.add(what) })
}

async function openPair(plan: PairPlan): Promise<Lane> {
  if (!('conversation' in plan)) return await openPeerPair(plan, load, faults)
  // No message arrives on the sockets before the first send.
  let pair: Pair | undefined
  const [sender, receiver] = await Promise.all([
    openSocket(plan.sender, { frame: (frame) => pair?.toSender(frame) }, faults),
    openSocket(plan.receiver, { frame: (frame) => pair?.toReceiver(frame) }, faults),
  ])
  pair = new Pair(plan, { sender, receiver }, load, faults)
  return pair
}

async function inTurns<T>(items: readonly T[], work: (item: T, at: number) => Promise<unknown>): Promise<void> {
  const left = items.entries()
  const worker = async () => {
    for (const [at, item] of left) await work(item, at)
  }
  await Promise.all(Array.from({ length: connectsAtOnce }, worker))
}

const nextLook = () => new Promise((resolve) => setTimeout(resolve, 10))
