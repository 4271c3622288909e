import { setTimeout as delay } from 'node:timers/promises'
import { askToDrain, listPods } from '@fastchat/cluster'
import { AdminError } from '../admin-error.ts'
import type { Context } from '../context.ts'

const lookEveryMs = 250

/** Pods that have reported to Redis within 5 s. */
export async function podsList({ redis: open, out }: Context): Promise<void> {
  const { redis, keys } = await open()
  const pods = await listPods(redis, keys)
  out.table(
    pods.map(({ pod, connections, pending, capacity, lagMs, isDraining, upMs, url }) => ({
      pod,
      connections,
      pending,
      capacity,
      lagMs,
      state: isDraining ? 'draining' : 'open',
      upSeconds: Math.floor(upMs / 1000),
      url,
    })),
    'No pods',
  )
}

/** Resolves when the pod has nobody left or is gone. It takes nobody any more until it is started again. */
export async function podsDrain({ redis: open, out }: Context, pod: string, waitSeconds: number): Promise<void> {
  const { redis, keys } = await open()
  if (!(await askToDrain(redis, keys, pod))) throw new AdminError('unknown_pod', `There is no pod ${pod}`)
  const endsAt = Date.now() + waitSeconds * 1000
  for (;;) {
    const state = (await listPods(redis, keys)).find((one) => one.pod === pod)
    if (state === undefined || (state.isDraining && state.connections === 0)) break
    if (Date.now() > endsAt) throw new AdminError('not_drained', `${pod} still has ${state.connections} connections`)
    await delay(lookEveryMs)
  }
  out.result({ pod, drained: true }, `${pod} is drained: restart or remove it`)
}
