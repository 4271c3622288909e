import { parser } from '@prometheus-io/lezer-promql'

export type Query = { readonly isValid: boolean; readonly metrics: readonly string[] }

/**
 * Parses PromQL with the parser of Prometheus' user interface. Grafana's variables for times are
 * replaced before.
 */
export function readQuery(text: string): Query {
  const query = text.replaceAll('$__rate_interval', '5m')
  const metrics = new Set<string>()
  let isValid = true
  parser.parse(query).iterate({
    enter({ type, name, from, to, node }) {
      if (type.isError) isValid = false
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.add(query.slice(from, to))
    },
  })
  return { isValid, metrics: [...metrics] }
}
