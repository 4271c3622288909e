import type { Manifest } from '../manifest.ts'
import { migrateJobName, type Release } from '../release.ts'
import { containersOf, ofKind, workloadsOf } from '../workloads.ts'

/**
 * Every image has a tag that says a version, or a digest. Those of FastChat have the versions of this release in any registry, and so has
 * the name of the Job that migrates.
 */
export function imagesArePinned(release: Release): (manifests: readonly Manifest[]) => string[] {
  return (manifests) => {
    const images = workloadsOf(manifests).flatMap((workload) => containersOf(workload).map(({ image = '' }) => image))
    const jobName = migrateJobName(release)
    const jobs = ofKind(manifests, 'Job').filter(({ metadata }) => metadata.name.startsWith('migrate'))
    return [
      ...images.filter((image) => !isPinned(image)).map((image) => `${image}: may be another tomorrow`),
      ...images.flatMap((image) => {
        const [, name, tag] = /(?:^|\/)fastchat\/([a-z-]+):([\w.-]+)$/.exec(image) ?? []
        const expected = name === 'ws-router' ? release.router : release.version
        return tag === undefined || tag === expected ? [] : [`${image}: this is version ${expected}`]
      }),
      ...(jobs.length === 1 && jobs[0]?.metadata.name === jobName ? [] : [`the Job that migrates is not ${jobName}`]),
    ]
  }
}

function isPinned(image: string): boolean {
  const [, tag, digest] = /^[^@:]+(?::\d+\/[^@:]+)?(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? []
  return digest !== undefined || (tag !== undefined && /\d+\.\d+/.test(tag))
}
