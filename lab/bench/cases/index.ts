import type { CaseName } from '../case-names.ts'
import type { Row } from '../rows.ts'
import { benchAppend } from './append.ts'
import type { Bench } from './bench.ts'
import { benchChain } from './chain.ts'
import { benchChats } from './chats.ts'
import { benchCli } from './cli.ts'
import { benchCommit } from './commit.ts'
import { benchE2ee } from './e2ee.ts'
import { benchGroup } from './group.ts'
import { benchGrowth } from './growth.ts'
import { benchIdle } from './idle.ts'
import { benchLogins } from './logins.ts'
import { benchPairs } from './pairs.ts'
import { benchReceipts } from './receipts.ts'
import { benchSessions } from './sessions.ts'
import { benchSync } from './sync.ts'

/** Starts the systems it measures, and stops them again, also when it is interrupted. */
export type Case = (bench: Bench) => Promise<readonly Row[]>

export const cases: Readonly<Record<CaseName, Case>> = {
  idle: benchIdle,
  pairs: benchPairs,
  group: benchGroup,
  append: benchAppend,
  logins: benchLogins,
  sync: benchSync,
  growth: benchGrowth,
  e2ee: benchE2ee,
  chain: benchChain,
  commit: benchCommit,
  cli: benchCli,
  receipts: benchReceipts,
  sessions: benchSessions,
  chats: benchChats,
}
