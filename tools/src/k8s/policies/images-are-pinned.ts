import type { Manifest } from '../manifest.ts'
import { migrateJobName, type Release } from '../release.ts'
import { containersOf, ofKind, workloadsOf } from '../workloads.ts'

/**
 * Every image has a digest, or a tag with a version. FastChat's images have the versions of this
 * release in any registry. The name of the migration Job has the version, too.
 */
export function imagesArePinned(release: Release): (manifests: readonly Manifest[]) => string[] {
  return (manifests) => {
    const images = workloadsOf(manifests).flatMap((workload) => containersOf(workload).map(({ image = '' }) => image))
    const jobName = migrateJobName(release)
    const jobs = ofKind(manifests, 'Job').filter(({ metadata }) => metadata.name.startsWith('migrate'))
    return [
      ...images.filter((image) => !isPinned(image)).map((image) => `${image}: its tag may name another image tomorrow`),
      ...images.flatMap((image) => {
        const [, name, tag] = /(?:^|\/)fastchat\/([a-z-]+):([\w.-]+)$/.exec(image) ?? []
        const expected = name === 'ws-router' ? release.router : release.version
        return tag === undefined || tag === expected ? [] : [`${image}: its version should be ${expected}`]
      }),
      ...(jobs.length === 1 && jobs[0]?.metadata.name === jobName ? [] : [`the migration Job is not named ${jobName}`]),
    ]
  }
}

function isPinned(image: string): boolean {
  const [, tag, digest] = /^[^@:]+(?::\d+\/[^@:]+)?(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? []
  return digest !== undefined || (tag !== undefined && /\d+\.\d+/.test(tag))
}
