import { setTimeout as delay } from 'node:timers/promises'
import { later } from '@fastchat/clock'
import type { IgnoredReason } from '@fastchat/cluster'
import { podPath } from '@fastchat/schema'
import { AdminError } from '../admin-error.ts'
import type { Context } from '../context.ts'

const lookEveryMs = 250

const faults: Readonly<Record<IgnoredReason, string>> = {
  forged: 'not signed with POD_HMAC_KEY: that differs between the pods and here, or somebody else writes to your Redis',
  other_name: 'signed by another pod: somebody copies records in your Redis',
  other_time: 'of another time: somebody repeats old records in your Redis, or its clock has jumped',
}

/**
 * Lists the pods that have reported to Redis within 5 s. A note counts the records that no pod has
 * signed lately.
 */
export async function podsList({ pods: open, out }: Context): Promise<void> {
  const { pods, ignored } = await (await open()).list()
  out.table(
    pods.map(({ pod, connections, pending, capacity, lagMs, isDraining, upMs, ageMs }) => ({
      pod,
      connections,
      pending,
      capacity,
      lagMs,
      state: isDraining ? 'draining' : 'open',
      upSeconds: Math.floor((upMs + ageMs) / 1000),
      path: podPath(pod),
    })),
    'No pods',
  )
  for (const [reason, fault] of Object.entries(faults)) {
    const count = ignored[reason as IgnoredReason] ?? 0 // the keys are those of `faults`
    if (count > 0) out.note(`Ignored: ${count} ${count === 1 ? 'record' : 'records'} ${fault}`)
  }
}

/**
 * Resolves when the pod has no connections or is gone. It takes no clients until it is started
 * again.
 */
export async function podsDrain({ pods: open, out, clock }: Context, pod: string, waitSeconds: number): Promise<void> {
  const pods = await open()
  if (!(await pods.askToDrain(pod))) throw new AdminError('unknown_pod', `There is no pod ${pod}`)
  const endsAt = later(clock.monotonicMs(), waitSeconds * 1000)
  for (;;) {
    const state = (await pods.list()).pods.find((one) => one.pod === pod)
    if (state === undefined || (state.isDraining && state.connections === 0)) break
    if (clock.monotonicMs() > endsAt)
      throw new AdminError('not_drained', `${pod} still has ${state.connections} connections`)
    await delay(lookEveryMs)
  }
  out.result({ pod, drained: true }, `${pod} is drained: restart or remove it`)
}
