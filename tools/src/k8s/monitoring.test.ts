import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IPrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { expect, test } from 'vitest'
import { isKnown, knownMetrics } from './known-metrics.ts'
import { readQuery } from './promql.ts'
import { k8sFolder, renderComponents } from './render.ts'
import { ofKind } from './workloads.ts'

type Dashboard = {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

const alerts = ofKind<IPrometheusRule>(await renderComponents('monitoring'), 'PrometheusRule').flatMap(({ spec }) =>
  (spec.groups ?? []).flatMap(({ rules = [] }) => rules),
)
// The file is part of this checkout, in Grafana's export format.
const dashboard = JSON.parse(
  readFileSync(join(k8sFolder, 'components', 'monitoring', 'dashboard.json'), 'utf8'),
) as Dashboard
const known = await knownMetrics()

const queries: readonly (readonly [string, string])[] = [
  ...alerts.map(({ alert = '', expr }) => [alert, String(expr)] as const),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
]

test.each(queries)('%s uses known metrics, in valid PromQL', (_, text) => {
  const { isValid, metrics } = readQuery(text)
  expect(isValid).toBe(true)
  expect(metrics).not.toEqual([])
  expect(metrics.filter((metric) => !isKnown(metric, known))).toEqual([])
})

test('each alert says what happened and what to do', () => {
  expect(alerts.length).toBeGreaterThan(5)
  for (const { annotations = {}, labels = {} } of alerts) {
    expect(annotations.summary).toMatch(/.{20}/)
    expect(annotations.runbook).toMatch(/.{40}/)
    expect(['critical', 'warning']).toContain(labels.severity)
  }
})

test('an unknown metric and an invalid query are noticed', () => {
  expect(isKnown('chat_ws_conections', known)).toBe(false)
  expect(isKnown('chat_ws_connections', known)).toBe(true)
  expect(isKnown('http_request_duration_seconds_bucket', known)).toBe(true)
  expect(readQuery('sum(rate(chat_ws_close_total[5m]) by (code)').isValid).toBe(false)
  expect(readQuery('a / on (pod) b{c="d"} > 1').metrics).toEqual(['a', 'b'])
})
