import { ConfigSchema as auth } from '@fastchat/auth/config'
import { Config as balancer } from '@fastchat/balancer/config'
import { Config as chat } from '@fastchat/chat/config'
import { ConfigError, loadConfig } from '@fastchat/service'
import type { TObject } from 'typebox'
import { environmentOf } from '../environment.ts'
import type { Manifest } from '../manifest.ts'
import { mountedSecrets } from '../mounted-secrets.ts'
import { type Workload, workloadsOf } from '../workloads.ts'

const schemas: Readonly<Record<string, TObject>> = { auth, balancer, chat }

/** Variables that Node reads, or that are read before a service's schema. */
const common = ['LOG_LEVEL', 'NODE_OPTIONS', 'POD_NAME']

/**
 * Each service could start with the variables and secrets of its manifest, and has none that it
 * does not read.
 */
export function variablesFit(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests)
  return Object.entries(schemas).flatMap(([name, schema]) => {
    const workload = workloads.find((it) => it.name === name)
    return workload === undefined ? [`no ${name}`] : inService(workload, schema, manifests)
  })
}

function inService(workload: Workload, schema: TObject, manifests: readonly Manifest[]): string[] {
  const [container] = workload.pod.containers
  if (container === undefined) return [`${workload.name}: no container`]
  const given = environmentOf(container, manifests)
  const secrets = mountedSecrets(workload, container)
  const problems: string[] = []
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const ofSecret = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : name
    const secret = secrets.get(value)
    if (name.endsWith('_FILE') && secret === undefined) problems.push(`${workload.name}: ${name} names no mounted file`)
    if (name in schema.properties) env[name] = value
    else if (ofSecret !== name && ofSecret in schema.properties) env[ofSecret] = secret ?? ''
    else if (!common.includes(name)) problems.push(`${workload.name}: does not read ${name}`)
  }
  return [...problems, ...refusals(schema, env).map((problem) => `${workload.name}: ${problem}`)]
}

function refusals(schema: TObject, env: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadConfig(schema, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
