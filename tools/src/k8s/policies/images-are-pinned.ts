import type { Manifest } from '../manifest.ts'
import { containersOf, ofKind, workloadsOf } from '../workloads.ts'

/** A tag that says a version, or a digest; ours have this checkout's version, and so has the name of the Job that migrates. */
export function imagesArePinned(version: string): (manifests: readonly Manifest[]) => string[] {
  return (manifests) => {
    const images = workloadsOf(manifests).flatMap((workload) => containersOf(workload).map(({ image = '' }) => image))
    const jobName = `migrate-${version.replaceAll('.', '-')}`
    const jobs = ofKind(manifests, 'Job').filter(({ metadata }) => metadata.name.startsWith('migrate'))
    return [
      ...images.filter((image) => !isPinned(image)).map((image) => `${image}: may be another tomorrow`),
      ...images
        .filter((image) => image.startsWith('fastchat/') && !image.endsWith(`:${version}`))
        .map((image) => `${image}: this is version ${version}`),
      ...(jobs.length === 1 && jobs[0]?.metadata.name === jobName ? [] : [`the Job that migrates is not ${jobName}`]),
    ]
  }
}

function isPinned(image: string): boolean {
  const [, tag, digest] = /^[^@:]+(?::\d+\/[^@:]+)?(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? []
  return digest !== undefined || (tag !== undefined && /\d+\.\d+/.test(tag))
}
