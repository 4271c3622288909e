import { loadConfig } from '@fastchat/service'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { traceConfig, traceVariables } from './config.ts'

const read = (env: Record<string, string>) => traceConfig(loadConfig(Type.Object(traceVariables), env))
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }

test('nothing is traced without an endpoint or with a ratio of 0', () => {
  expect(read({})).toBeUndefined()
  expect(read({ OTEL_TRACES_SAMPLER: 'always_on' })).toBeUndefined()
  expect(read({ ...endpoint, OTEL_TRACES_SAMPLER: 'always_off' })).toBeUndefined()
  expect(read({ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' })).toBeUndefined()
})

test.each([
  ['all by default, as in OpenTelemetry', {}, 1],
  ['the argument counts only for the ratio', { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '0.1' }, 1],
  ['a ratio', { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }, 0.1],
  ['a parent-based sampler samples as its root', { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }, 1],
])('the share of traced messages: %s', (_, env, ratio) => {
  expect(read({ ...endpoint, ...env })?.ratio).toBe(ratio)
})

test.each([
  ['http://collector:4318', 'http://collector:4318/v1/traces'],
  ['https://collector/otlp/', 'https://collector/otlp/v1/traces'],
])('the collector %s gets spans at %s', (url, at) => {
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: url })?.url).toBe(at)
})

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318/?key=secret'],
  ['OTEL_TRACES_SAMPLER', 'sometimes'],
  ['OTEL_TRACES_SAMPLER_ARG', '2'],
])('a wrong %s is refused by name, without its value: %s', (name, value) => {
  const refused = () => read({ ...endpoint, [name]: value })
  expect(refused).toThrow(name)
  expect(refused).not.toThrow(value)
})
