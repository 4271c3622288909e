/** A case that needs no load and no judge of histories: its tests decide alone whether it holds. */
export type TestedCase = {
  /** The id in the catalogue of docs/reliability.md. */
  readonly id: string
  readonly title: string
  /** Paths of test files, from the root of the checkout. */
  readonly tests: readonly string[]
  /** Additional environment for a case that does more on demand than in each test run. */
  readonly env?: Readonly<Record<string, string>>
}

const chat = 'services/chat/tests'

/** All of these run in `npm test`, too. */
export const testedCases: readonly TestedCase[] = [
  {
    id: 'F-23',
    title: 'a device’s disk is full: nothing is acked, the cursor stays, and later every message is there',
    tests: ['libs/client/src/conversation/log-reader.test.ts', 'libs/client/src/conversation/outbox.test.ts'],
  },
  { id: 'F-25', title: 'sockets that never read', tests: [`${chat}/socket/abuse.test.ts`] },
  {
    id: 'F-29',
    title: 'load records are gone, stale, or Redis is down',
    tests: ['services/balancer/tests/placement.test.ts', 'services/balancer/tests/app.test.ts'],
  },
  { id: 'F-34', title: 'the log was truncated while a device was offline', tests: ['tests/e2e/retention.test.ts'] },
  {
    id: 'F-35',
    title: 'a member is removed while all send',
    tests: ['tests/e2e/membership-race.test.ts', `${chat}/socket/membership.test.ts`],
  },
  {
    id: 'F-36',
    title: 'two commits for one epoch at once',
    tests: [`${chat}/store/commits.test.ts`, 'tests/e2e/membership.test.ts'],
  },
  { id: 'F-37', title: 'several devices, one offline, one new', tests: ['tests/e2e/talk.test.ts'] },
  { id: 'F-39', title: 'the database is restored from an older copy', tests: ['tests/e2e/restore.test.ts'] },
  {
    id: 'A-01',
    title: 'frames that are too large, in tiny pieces or not UTF-8, and endless pings',
    tests: [`${chat}/socket/abuse.test.ts`],
  },
  {
    id: 'A-02',
    title: 'a million mutated frames',
    tests: ['tests/abuse/fuzz/fuzz.test.ts'],
    env: { FUZZ_FRAMES: '1000000' },
  },
  { id: 'A-04', title: 'a flood of logins', tests: ['tests/abuse/auth/auth.test.ts'] },
  { id: 'A-05', title: 'forged tokens on every interface', tests: ['tests/abuse/auth/auth.test.ts'] },
  {
    id: 'A-06',
    title: 'refresh tokens used twice, at once, after a lost answer',
    tests: ['tests/abuse/auth/auth.test.ts'],
  },
  { id: 'A-07', title: 'every operation × every kind of caller', tests: ['tests/abuse/idor/idor.test.ts'] },
  {
    id: 'A-08',
    title: 'a user takes all key packages of another',
    tests: ['services/auth/tests/key-packages.test.ts'],
  },
  {
    id: 'A-09',
    title: 'a server that breaks the rules',
    tests: [
      'tests/e2e/unlawful-commits.test.ts',
      'tests/e2e/lying-server.test.ts',
      'libs/client/src/account/pins.test.ts',
    ],
  },
  {
    id: 'A-10',
    title: 'attachments: quotas, sizes, interrupted uploads',
    tests: ['tests/abuse/attachments.test.ts'],
  },
  {
    id: 'A-11',
    title: 'texts and names that are HTML, scripts or links, in the page',
    tests: ['tests/web/hostile-texts.test.ts'],
  },
  {
    id: 'A-12',
    title: 'a search for planted secrets in PostgreSQL, Redis, logs and the memory of processes',
    tests: ['tests/e2e/secrets.test.ts'],
  },
  {
    id: 'A-14',
    title: 'many sockets, rotated addresses, forged X-Forwarded-For',
    tests: [`${chat}/socket/limits.test.ts`],
  },
]
