import type { Clock } from '@fastchat/clock'
import type { Lifecycle, Logger } from '@fastchat/service'
import type { Traces } from '../domain/traces.ts'
import { type TraceVariables, traceConfig } from './config.ts'

type Base = { readonly log: Logger; readonly life: Lifecycle; readonly pod: string; readonly clock: Clock }

/**
 * Opens the traces of a pod. Undefined if none are configured: then OpenTelemetry is not loaded.
 */
export async function openTraces(
  variables: TraceVariables,
  { log, life, pod, clock }: Base,
): Promise<Traces | undefined> {
  const config = traceConfig(variables)
  if (config === undefined) return undefined
  const { otlpTraces } = await import('./otlp-traces.ts')
  return life.own(otlpTraces(config, { pod, log, clock }), (it) => it.close())
}
