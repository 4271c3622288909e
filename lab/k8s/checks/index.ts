import type { Check } from '../check.ts'
import { confined } from './confined.ts'
import { databaseReplaced } from './database-replaced.ts'
import { lostPod } from './lost.ts'
import { memory } from './memory.ts'
import { migrations } from './migrations.ts'
import { operator } from './operator.ts'
import { placement } from './placement.ts'
import { redisPaused } from './redis-paused.ts'
import { repeatable } from './repeatable.ts'
import { rollingRestart } from './rolling-restart.ts'
import { stoppedPod } from './stopped.ts'
import { talk } from './talk.ts'
import { upgrade } from './upgrade.ts'

/** The checks that bring the installation up and sign two people up. Every run includes them. */
export const first: readonly Check[] = [migrations, talk]

/** All checks, in the order in which they run. */
export const checks: readonly Check[] = [
  ...first,
  confined,
  operator,
  placement,
  stoppedPod,
  lostPod,
  redisPaused,
  databaseReplaced,
  rollingRestart,
  memory,
  repeatable,
  upgrade,
]
