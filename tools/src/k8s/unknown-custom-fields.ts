import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from './manifest.ts'

const cacheFolder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat')

/** Where the types of custom resources are; the schemas of their validators take unknown fields, the types don't. */
const typePackages: Readonly<Record<string, string>> = {
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
}

/**
 * What the compiler says to the custom resources among `manifests`, written as literals of their types: it finds unknown fields.
 * One run for all, since most of its second goes into reading the types.
 */
export async function unknownCustomFields(manifests: readonly Manifest[]): Promise<string[]> {
  const lines = manifests.flatMap((manifest, index) => {
    const source = typePackages[manifest.apiVersion]
    if (source === undefined) return []
    const type = `import('${source}', { with: { 'resolution-mode': 'import' } }).I${manifest.kind}`
    return [`export const manifest${index}: ${type} = ${JSON.stringify(manifest)}`]
  })
  if (lines.length === 0) return []
  await mkdir(cacheFolder, { recursive: true }) // below node_modules, where the types are found
  const folder = await mkdtemp(join(cacheFolder, 'manifests-'))
  try {
    const file = join(folder, 'manifests.ts')
    await writeFile(file, `${lines.join('\n')}\n`)
    return await compile(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function compile(file: string): Promise<string[]> {
  const options = ['--ignoreConfig', '--noEmit', '--skipLibCheck', '--strict', '--module', 'nodenext', '--types', '']
  return new Promise((resolve, reject) => {
    execFile('tsc', [...options, '--pretty', 'false', file], (error, stdout) => {
      const problems = stdout.split('\n').filter((line) => line.includes('error TS'))
      if (error !== null && problems.length === 0) reject(error)
      else resolve(problems)
    })
  })
}
