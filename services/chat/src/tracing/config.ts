import { type Static, Type } from 'typebox'

/**
 * OpenTelemetry's standard samplers. A send has no parent, so `parentbased_x` is the same as `x`.
 */
const samplers = '^(parentbased_)?(always_on|always_off|traceidratio)$'

/**
 * The variables of traces. Without an endpoint nothing is traced, and OpenTelemetry is not loaded.
 */
export const traceVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#]+(/[^?#]*)?$',
      description: 'Collector of OpenTelemetry traces, by OTLP over HTTP; traces hold only ids. None by default',
    }),
  ),
  OTEL_SERVICE_NAME: Type.String({ default: 'fastchat-chat', minLength: 1, description: '`service.name` in traces' }),
  OTEL_TRACES_SAMPLER: Type.String({
    default: 'parentbased_always_on',
    pattern: samplers,
    description: 'Which messages are traced: always_on, always_off, traceidratio',
  }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    description: 'Share of messages that traceidratio traces; all pods trace the same ones',
  }),
}

export type TraceVariables = Static<ReturnType<typeof asObject>>

const asObject = () => Type.Object(traceVariables)

export type TraceConfig = {
  /** The URL to which spans are posted. */
  readonly url: string
  readonly serviceName: string
  /** The share of all messages that is traced, above 0. */
  readonly ratio: number
}

/** Returns the configuration of traces. Undefined if nothing is to be traced. */
export function traceConfig(variables: TraceVariables): TraceConfig | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: serviceName } = variables
  const ratio = ratioOf(variables)
  if (endpoint === undefined || ratio === 0) return undefined
  return { url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, serviceName, ratio }
}

function ratioOf({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio }: TraceVariables): number {
  if (sampler.endsWith('always_off')) return 0
  return sampler.endsWith('always_on') ? 1 : ratio
}
