import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMetrics } from '@fastchat/service'

const root = join(import.meta.dirname, '..', '..', '..')
const sources = ['libs/service/src/**/*.ts', 'services/*/src/**/*.ts']
const definition = /(?:new (?:Counter|Gauge|Histogram|Summary)[^(]*\(\{\s*name: |\b(?:counters?|gauge)\(\s*)'(\w+)'/g

/**
 * Returns the names of all metrics of the services. Those of every process come from the registry,
 * the others from the source of their definitions. Prometheus adds `up`.
 */
export async function knownMetrics(): Promise<ReadonlySet<string>> {
  const common = (await createMetrics('any').getMetricsAsJSON()).map(({ name }) => name)
  const files = globSync(sources, { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  const own = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return /from 'prom-client'|\breadings\(/.test(text)
      ? [...text.matchAll(definition)].map(([, name = '']) => name)
      : []
  })
  return new Set(['up', ...common, ...own])
}

/** Says whether `metric` is in `known`, or is a series of a histogram in it. */
export function isKnown(metric: string, known: ReadonlySet<string>): boolean {
  return known.has(metric) || known.has(metric.replace(/_(bucket|sum|count)$/, ''))
}
