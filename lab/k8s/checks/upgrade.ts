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
  title:
    'everything gets the next version: routers and stores stay, each client connects again 1.4 times at most, on average, and none is cut off',
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
    // Pods that run have their images; these are only names. It is the last check: none is started again.
    await untag()
    const [cutOff, badGateway] = [crowd.closedWith(1006), crowd.turnedAwayWith(502)]
    const figures = {
      acked: crowd.acked,
      shown: crowd.shown,
      replaced: replaced.join(' '),
      'reconnects per client': reconnects.toFixed(2),
      'cut off (1006)': cutOff,
      'answered 502': badGateway,
    }
    const isQuiet = reconnects <= maxReconnects && cutOff === 0 && badGateway === 0
    if (!isQuiet || replaced.join() !== 'auth,balancer,chat') throw new Error(JSON.stringify(figures))
    await world.talk('after the upgrade')
    return figures
  },
}

/** The same objects, as the manifests of another version would have them. */
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
