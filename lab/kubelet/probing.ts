import { setTimeout as delay } from 'node:timers/promises'
import type { IProbe } from 'kubernetes-models/v1'
import { handle, type Target } from './probe.ts'

export type Verdicts = {
  readonly onReady: (isReady: boolean) => void
  /** The container has to be restarted. */
  readonly onDead: (reason: string) => void
}

/**
 * Probes a container as the kubelet does, until `signal` aborts. Once it has started, reports
 * readiness and liveness.
 */
export async function probeContainer(target: Target, verdicts: Verdicts, signal: AbortSignal): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = target.container
  if (startupProbe && !(await untilStarted(startupProbe, target, signal))) {
    if (!signal.aborted) verdicts.onDead('it does not start')
    return
  }
  if (signal.aborted) return
  if (!readinessProbe) verdicts.onReady(true)
  await Promise.all([
    readinessProbe && repeat(readinessProbe, target, signal, verdicts.onReady),
    livenessProbe &&
      repeat(livenessProbe, target, signal, (isAlive) => {
        if (!isAlive) verdicts.onDead('it does not live')
      }),
  ])
}

async function untilStarted(probe: IProbe, target: Target, signal: AbortSignal): Promise<boolean> {
  const { periodSeconds = 10, failureThreshold = 3, initialDelaySeconds = 0 } = probe
  await pause(initialDelaySeconds, signal)
  for (let failures = 0; failures < failureThreshold && !signal.aborted; failures++) {
    if (await succeeds(probe, target)) return true
    await pause(periodSeconds, signal)
  }
  return false
}

/**
 * Probes again and again and reports each change: to good after one success, to bad after
 * `failureThreshold` failures in a row.
 */
async function repeat(
  probe: IProbe,
  target: Target,
  signal: AbortSignal,
  tell: (isGood: boolean) => void,
): Promise<void> {
  const { periodSeconds = 10, failureThreshold = 3, initialDelaySeconds = 0 } = probe
  await pause(initialDelaySeconds, signal)
  for (let failures = 0; !signal.aborted; ) {
    const isGood = await succeeds(probe, target)
    if (signal.aborted) return
    failures = isGood ? 0 : failures + 1
    if (isGood) tell(true)
    else if (failures >= failureThreshold) tell(false)
    await pause(periodSeconds, signal)
  }
}

const succeeds = ({ timeoutSeconds = 1, ...probe }: IProbe, target: Target) =>
  handle(probe, target, timeoutSeconds * 1_000).then(
    () => true,
    () => false,
  )

const pause = (seconds: number, signal: AbortSignal) => delay(seconds * 1_000, undefined, { signal }).catch(() => {})
