import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Manifest } from './manifest.ts'

const cacheFolder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'fastchat')

/**
 * The packages with the types of custom resources. The types reject unknown fields; the schemas of
 * the validators accept them.
 */
const typePackages: Readonly<Record<string, string>> = {
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
}

/**
 * Returns the unknown fields of custom resources. The compiler finds them, since each manifest is
 * written as a literal of its type. All are compiled in one run: reading the types takes most of
 * its second.
 */
export async function unknownCustomFields(manifests: readonly Manifest[]): Promise<string[]> {
  const lines = manifests.flatMap((manifest, index) => {
    const source = typePackages[manifest.apiVersion]
    if (source === undefined) return []
    const type = `import('${source}', { with: { 'resolution-mode': 'import' } }).I${manifest.kind}`
    return [`export const manifest${index}: ${type} = ${JSON.stringify(manifest)}`]
  })
  if (lines.length === 0) return []
  await mkdir(cacheFolder, { recursive: true }) // below node_modules the compiler finds the types
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
