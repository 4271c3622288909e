import type { Manifest } from '../manifest.ts'
import type { Release } from '../release.ts'
import { disruptionsAreBounded } from './disruptions-are-bounded.ts'
import { everyPodHasAPolicy } from './every-pod-has-a-policy.ts'
import { imagesArePinned } from './images-are-pinned.ts'
import { podsAreRestricted } from './pods-are-restricted.ts'
import { podsEndInTime } from './pods-end-in-time.ts'
import { probesAreSplit } from './probes-are-split.ts'
import { publicUrlsAgree } from './public-urls-agree.ts'
import { referencesResolve } from './references-resolve.ts'
import { routerReachesPodsOnly } from './router-reaches-pods-only.ts'
import { routesMatchTheTable } from './routes-match-the-table.ts'
import { scalersHaveTheirMetrics } from './scalers-have-their-metrics.ts'
import { secretsStayOutside } from './secrets-stay-outside.ts'
import { uninstallKeepsData } from './uninstall-keeps-data.ts'
import { variablesFit } from './variables-fit.ts'

/** Returns the problems of a set of manifests, one per line. */
type Policy = (manifests: readonly Manifest[]) => string[]

/** Returns the policies that hold for each overlay of a release. */
export const policiesFor = (release: Release): Readonly<Record<string, Policy>> => ({
  disruptionsAreBounded,
  everyPodHasAPolicy,
  imagesArePinned: imagesArePinned(release),
  podsAreRestricted,
  podsEndInTime,
  probesAreSplit,
  publicUrlsAgree,
  referencesResolve,
  routerReachesPodsOnly,
  routesMatchTheTable,
  scalersHaveTheirMetrics,
  secretsStayOutside,
  uninstallKeepsData,
  variablesFit,
})
