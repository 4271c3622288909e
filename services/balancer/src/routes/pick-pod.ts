import type { balancerOperations } from '@fastchat/schema'
import { AppError, type Handler } from '@fastchat/service'
import type { Deps } from '../deps.ts'

/** Rejected devices wait a random time, so they do not come back together. */
const minRetryMs = 1_000
const retryJitterMs = 3_000

/** Offers a device the pods to connect to, and reserves a place for 10 s. */
export function pickPodRoute({
  placement,
  admission,
  metrics,
  random,
}: Deps): Handler<typeof balancerOperations.pickPod> {
  return async ({ actor }) => {
    const waitMs = admission.take()
    if (waitMs > 0) {
      metrics.assigned('throttled')
      throw new AppError('busy', undefined, { retryMs: waitMs + random() * retryJitterMs })
    }
    const placed = await placement.place(actor.deviceId)
    metrics.assigned(placed?.source ?? 'none')
    if (placed === undefined) {
      throw new AppError('no_services_available', undefined, { retryMs: minRetryMs + random() * retryJitterMs })
    }
    return {
      candidates: [...placed.candidates],
      expiresAt: new Date(placed.expiresAt).toISOString(),
    }
  }
}
