import type { Lifecycle, Logger } from '@fastchat/service'
import type { Traces } from '../domain/traces.ts'
import { type TraceVariables, traceConfig } from './config.ts'

type Base = { readonly log: Logger; readonly life: Lifecycle; readonly pod: string }

/** Undefined where nobody asked for traces: then nothing of OpenTelemetry is loaded. */
export async function openTraces(variables: TraceVariables, { log, life, pod }: Base): Promise<Traces | undefined> {
  const config = traceConfig(variables)
  if (config === undefined) return undefined
  const { otlpTraces } = await import('./otlp-traces.ts')
  return life.own(otlpTraces(config, { pod, log }), (it) => it.close())
}
