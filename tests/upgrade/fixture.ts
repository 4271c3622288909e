import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonLine } from './old-checkout.ts'

export const fixtureFolder = join(import.meta.dirname, 'fixture-1e3cc37')

export type GroupMember = { readonly username: string; readonly role: string }

/** The output of the old command line without a server, at the end. */
export type OldHome = {
  readonly username: string
  /** The lines of `history --offline --json`, by chat (`@ben`, `#Trip`). */
  readonly chats: Readonly<Record<string, readonly JsonLine[]>>
}

export type Fixture = {
  /** The time at which it was made, in milliseconds since 1970. */
  readonly madeAt: number
  readonly password: string
  readonly homes: Readonly<Record<string, OldHome>>
  /** The members of each group, without those who left. */
  readonly groups: Readonly<Record<string, readonly GroupMember[]>>
  /** The messages in the outboxes of the homes. */
  readonly unsent: readonly { readonly home: string; readonly to: string; readonly text: string }[]
  readonly picture: { readonly chat: string; readonly id: string; readonly sha256: string }
}

/** Returns the fixture. Throws when its files are missing. */
export function readFixture(): Fixture {
  // `make-fixture.ts` wrote it.
  return JSON.parse(readFileSync(join(fixtureFolder, 'fixture.json'), 'utf8')) as Fixture
}
