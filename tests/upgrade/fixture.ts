import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonLine } from './old-checkout.ts'

export const fixtureFolder = join(import.meta.dirname, 'fixture-1e3cc37')

export type GroupMember = { readonly username: string; readonly role: string }

/** What the old command line showed, at the end, without a server. */
export type OldHome = {
  readonly username: string
  /** Lines of `history --offline --json`, by chat (`@ben`, `#Trip`). */
  readonly chats: Readonly<Record<string, readonly JsonLine[]>>
}

export type Fixture = {
  /** When it was made, milliseconds since 1970. */
  readonly madeAt: number
  readonly password: string
  readonly homes: Readonly<Record<string, OldHome>>
  /** Who belongs to a group, without those who left. */
  readonly groups: Readonly<Record<string, readonly GroupMember[]>>
  /** Messages in the outboxes of homes. */
  readonly unsent: readonly { readonly home: string; readonly to: string; readonly text: string }[]
  readonly picture: { readonly chat: string; readonly id: string; readonly sha256: string }
}

/** @throws {Error} when the fixture is not there. */
export function readFixture(): Fixture {
  // `make-fixture.ts` wrote it.
  return JSON.parse(readFileSync(join(fixtureFolder, 'fixture.json'), 'utf8')) as Fixture
}
