import { join } from 'node:path'
import type { IContainer, IKeyToPath } from 'kubernetes-models/v1'
import { makeSecrets } from './make-secrets.ts'
import type { Workload } from './workloads.ts'

/** Returns the Secrets of `makeSecrets` with all optional parts. */
export const allSecrets = () => makeSecrets({ databaseCa: '-----BEGIN CERTIFICATE-----' })

/**
 * Returns the files of Secrets in a container by path, with the contents that `makeSecrets` gives
 * them.
 */
export function mountedSecrets({ pod }: Workload, { volumeMounts = [] }: IContainer): ReadonlyMap<string, string> {
  const contents = new Map(allSecrets().map(({ metadata, stringData }) => [metadata.name, Object(stringData)]))
  const files = volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = (pod.volumes ?? []).find((it) => it.name === name)
    const sources = [
      { name: volume?.secret?.secretName, items: volume?.secret?.items },
      ...(volume?.projected?.sources ?? []).map(({ secret }) => ({ name: secret?.name, items: secret?.items })),
    ]
    return sources.flatMap((source) =>
      (source.items ?? []).map(({ key, path }: IKeyToPath) => {
        const value: unknown = contents.get(source.name ?? '')?.[key]
        return [join(mountPath, path), typeof value === 'string' ? value : ''] as const
      }),
    )
  })
  return new Map(files)
}
