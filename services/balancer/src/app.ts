import { balancerOperations } from '@fastchat/schema'
import { bind, buildServer, type Server } from '@fastchat/service'
import type { Deps } from './deps.ts'
import { pickPodRoute } from './routes/pick-pod.ts'

/** Requests have no bodies. */
const maxBodyBytes = 1_024

export async function buildApp(deps: Deps): Promise<Server> {
  const { log, life, newRequestId, verifier, placement, clockWatch, metrics } = deps
  const server = await buildServer({
    name: 'balancer',
    log,
    life,
    newRequestId,
    verifier,
    maxBodyBytes,
    metrics: metrics.registry,
    ready() {
      const [isInformed, isClockRight] = [placement.isInformed(), clockWatch.hasLooked && !clockWatch.isOff]
      return { ok: isInformed && isClockRight, checks: { pods: isInformed, clock: isClockRight } }
    },
  })
  bind(server, balancerOperations.pickPod, pickPodRoute(deps))
  return server
}
