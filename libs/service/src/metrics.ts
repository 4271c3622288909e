import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export type Metrics = Registry

/**
 * Creates a registry with the process's default metrics (memory, CPU, event-loop lag, garbage
 * collection).
 */
export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  return registry
}

export type RequestTimer = (labels: { method: string; route: string; status: number }, seconds: number) => void

/**
 * Measures requests by route pattern. A label with the URL would contain ids and grow without
 * bound.
 */
export function createRequestTimer(registry: Metrics): RequestTimer {
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  return (labels, seconds) => histogram.observe(labels, seconds)
}
