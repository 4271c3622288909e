import { signTokens } from '@fastchat/tests/sign-tokens'
import { pick, seededRandom } from '../random.ts'
import type { Call, LightPlan, Status } from './calls.ts'
import { Journal } from './journal.ts'
import { LightDevice } from './light-device.ts'

/**
 * Above this number of queued messages the process pauses sending, so that outages do not fill its
 * memory.
 */
const maxPending = 5_000
const tickMs = 20
/** Tokens live for 15 minutes; a soak may last longer. */
const signEveryMs = 5 * 60_000

// The harness wrote this argument.
const plan = JSON.parse(process.argv[2] ?? '') as LightPlan
const random = seededRandom(plan.seed)
const journal = new Journal(plan.journal, `light-${process.pid}`)
let tokens = await signTokens(plan.signingKeysFile, plan.devices)
setInterval(() => void renew(), signEveryMs)
const devices = plan.devices.map(
  ({ deviceId: device }, n) =>
    new LightDevice({
      device,
      token: () => tokens[n] ?? '',
      journal,
      random,
      pods: plan.pods,
      origin: plan.origin,
      conversations: plan.conversations
        .filter(({ members }) => members.includes(n))
        .map(({ conversation }) => conversation),
    }),
)
let perTick = 0
let owed = 0
setInterval(() => {
  owed += perTick
  const pending = devices.reduce((sum, device) => sum + device.pending, 0)
  for (; owed >= 1; owed--) if (pending < maxPending) pick(random, devices).send()
}, tickMs)

process.on('message', (call: Call) => {
  if (call.t === 'send') perTick = (call.perSecond * tickMs) / 1_000
  if (call.t === 'reconnect') for (const device of devices) device.link.reconnect()
  if (call.t === 'status') process.send?.(status())
})
process.on('disconnect', () => process.exit())

const status = (): Status => ({
  t: 'status',
  acked: devices.reduce((sum, { acked }) => sum + acked, 0),
  connects: devices.reduce((sum, { link }) => sum + link.connects, 0),
  refusals: refusals(),
  pending: devices.reduce((sum, { pending }) => sum + pending, 0),
  isOnline: devices.every(({ link }) => link.isReady),
  undecryptable: 0,
  troubles: 0,
  cursors: devices.flatMap(({ cursors }) => cursors),
})

async function renew(): Promise<void> {
  tokens = await signTokens(plan.signingKeysFile, plan.devices)
}

function refusals(): Record<string, number> {
  const all: Record<string, number> = {}
  for (const device of devices) for (const [code, count] of device.refusals) all[code] = (all[code] ?? 0) + count
  return all
}
