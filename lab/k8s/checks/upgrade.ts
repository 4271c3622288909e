import { tagAs } from '@fastchat/tools/images'
import { type Manifest, parseManifests } from '@fastchat/tools/kustomize'
import { migrateJobName, readRelease } from '@fastchat/tools/release'
import type { Check } from '../check.ts'
import { underLoad } from '../load.ts'

const devices = 90
const perSecond = 40
const maxReconnects = 1.4
const nextVersion = '0.1.1'

export const upgrade: Check = {
  name: 'upgrade',
  title: 'an upgrade replaces the services only: clients reconnect at most 1.4 times on average, and none is cut off',
  async run(world) {
    const { installation } = world
    const { cluster } = installation
    const untag = await tagAs(nextVersion)
    const next = ofVersion(installation.objects, nextVersion)
    const urls = [installation.anyPodUrl]
    let reconnects = 0
    let replaced: string[] = []
    const crowd = await underLoad(world, { devices, perSecond, urls }, async (crowd) => {
      const before = crowd.connects
      replaced = await cluster.apply(next)
      reconnects = (crowd.connects - before) / devices
    })
    await cluster.untilReady()
    // The images of running pods are not removed with their names. This is the last check: no pod
    // is started again.
    await untag()
    const [cutOff, badGateway] = [crowd.closedWith(1006), crowd.rejectedWith(502)]
    const figures = {
      acked: crowd.acked,
      shown: crowd.shown,
      replaced: replaced.join(' '),
      'reconnects per client': reconnects.toFixed(2),
      'cut off (1006)': cutOff,
      'answered 502': badGateway,
    }
    const isQuiet = reconnects <= maxReconnects && cutOff === 0 && badGateway === 0
    if (!isQuiet || replaced.toSorted().join() !== 'auth,balancer,chat,web') throw new Error(JSON.stringify(figures))
    await world.talk('after the upgrade')
    return figures
  },
}

/** Returns the manifests as they would be for another version. */
function ofVersion(objects: readonly Manifest[], version: string): Manifest[] {
  const release = readRelease()
  const text = JSON.stringify(objects)
    .replaceAll(
      new RegExp(`(fastchat/(?!ws-router:)[a-z-]+):${release.version.replaceAll('.', '\\.')}"`, 'g'),
      `$1:${version}"`,
    )
    .replaceAll(migrateJobName(release), migrateJobName({ version }))
  const all: unknown = JSON.parse(text)
  return parseManifests((all as unknown[]).map((one) => JSON.stringify(one)).join('\n---\n'))
}
