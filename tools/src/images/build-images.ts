import { join } from 'node:path'
import { type Release, readRelease } from '../k8s/release.ts'
import { type Bases, ensureBases } from './bases.ts'
import { buildImage } from './build-image.ts'
import { podman } from './containers.ts'

const root = join(import.meta.dirname, '..', '..', '..')

/** Of the Dockerfile. */
export const targets = ['admin', 'auth', 'balancer', 'chat', 'migrate', 'setup', 'ws-router'] as const
export type ImageTarget = (typeof targets)[number]

/** As compose.yaml and the manifests call them. */
const stores = {
  postgres: 'docker.io/library/postgres:17.6-bookworm',
  redis: 'docker.io/library/redis:7.4.5-bookworm',
} as const

/** The time of all files, in seconds since 1970. Not the commit's: layers that a former build has left would keep that of its own. */
const epoch = Date.UTC(2026, 0, 1) / 1_000

type Plan = Bases & Release

/**
 * Builds every image of the Dockerfile under the name that the manifests have for it, and stand-ins for the stores' images. No registry is asked.
 * Takes minutes at first, then what changed.
 */
export async function buildImages(log: (line: string) => void = () => {}): Promise<void> {
  log('bases')
  const plan = await planOf()
  for (const target of targets) {
    log(imageOf(target, plan))
    await buildTarget(target, imageOf(target, plan), plan)
  }
  for (const [target, tag] of Object.entries(stores)) {
    log(tag)
    const [file, args] = [join(import.meta.dirname, 'stores.Dockerfile'), { BASE: plan.base }]
    await buildImage({ file, context: import.meta.dirname, tag, target, args, epoch })
  }
}

/** The digests of a target's image as it was built, and of one that is built from nothing now: the same, or builds do not repeat. */
export async function buildAgain(target: ImageTarget): Promise<{ readonly first: string; readonly again: string }> {
  const plan = await planOf()
  const tag = `localhost/fastchat-again/${target}:${plan.version}`
  await buildTarget(target, tag, plan, true)
  const [first, again] = [await digestOf(imageOf(target, plan)), await digestOf(tag)]
  // With one name podman would take away all that the image has.
  await podman(['untag', tag, tag])
  return { first, again }
}

/** Gives the images of this release the tags of another, as if that had been built. @returns what takes them away again */
export async function tagAs(version: string): Promise<() => Promise<void>> {
  const release = readRelease()
  const named = targets.filter((target) => target !== 'ws-router')
  const next = { ...release, version }
  for (const target of named) await podman(['tag', imageOf(target, release), imageOf(target, next)])
  return async () => {
    for (const target of named) await podman(['untag', imageOf(target, next), imageOf(target, next)])
  }
}

/** Bytes of a target's image, what it shares with others included. */
export async function sizeOf(target: ImageTarget): Promise<number> {
  return Number(await podman(['image', 'inspect', '--format', '{{.Size}}', imageOf(target, readRelease())]))
}

const imageOf = (target: ImageTarget, { version, router }: Release) =>
  `docker.io/fastchat/${target}:${target === 'ws-router' ? router : version}`

const digestOf = (tag: string) => podman(['image', 'inspect', '--format', '{{.Id}}', tag])

async function planOf(): Promise<Plan> {
  return { ...(await ensureBases(epoch)), ...readRelease() }
}

async function buildTarget(target: ImageTarget, tag: string, plan: Plan, isFresh = false): Promise<void> {
  const args = { BASE: plan.base, BUILD_BASE: plan.buildBase }
  await buildImage({ file: join(root, 'Dockerfile'), context: root, tag, target, args, epoch, isFresh })
}
