import { parseArgs } from 'node:util'
import { type CaseName, caseNames, defaultCaseNames, isCaseName } from './case-names.ts'
import type { PeerName } from './driver/calls.ts'

export type Options = Readonly<Record<CountName, number>> & {
  readonly cases: readonly CaseName[]
  readonly against: readonly PeerName[]
  /** True if no peer was asked for by name. A peer that can't be started is then left out. */
  readonly mayMissPeers: boolean
  readonly json: string | undefined
  readonly svg: string | undefined
  readonly markdown: string | undefined
  /** A report to print again instead of measuring. */
  readonly from: string | undefined
  /** The folder in which the nodes leave their CPU profiles when they stop. */
  readonly profile: string | undefined
}

type Count = {
  readonly fallback: number
  /** The value with --full, if it differs. */
  readonly full?: number
  readonly min: number
  readonly max: number
  readonly says: string
}

/**
 * The counts that an option can set. There are at least 20 pairs: fewer would reach a pod's limit
 * of frames per connection, which the bench does not lift. The tokens of a run live for 15 minutes,
 * which bounds the seconds.
 */
const counts = {
  users: {
    fallback: 200,
    full: 1_000,
    min: 40,
    max: 10_000,
    says: 'pairs, growth: people; half of them send, each to one of the other half',
  },
  members: { fallback: 200, min: 2, max: 1_000, says: 'group: members' },
  seconds: { fallback: 3, full: 6, min: 1, max: 60, says: 'length of each measurement' },
  idle: { fallback: 1_000, full: 5_000, min: 10, max: 9_000, says: 'idle: connections at first' },
  'idle-all': {
    fallback: 2_000,
    full: 18_000,
    min: 20,
    max: 60_000,
    says: 'idle: connections at the end, as far as file limits allow',
  },
  conversations: { fallback: 10, min: 1, max: 100, says: 'idle: conversations of each FastChat connection' },
  devices: { fallback: 500, full: 10_000, min: 10, max: 19_000, says: 'sync: devices that come back' },
  backlog: { fallback: 20, min: 1, max: 1_000, says: 'sync: messages that wait in each of two conversations' },
  samples: { fallback: 60, full: 200, min: 8, max: 500, says: 'logins: rejections of each kind to compare' },
  history: {
    fallback: 1_000,
    full: 10_000,
    min: 100,
    max: 50_000,
    says: 'growth: messages stored; then 10 and 100 times as many',
  },
  outstanding: {
    fallback: 4_000,
    min: 1,
    max: 4_000,
    says: 'pairs, group: the most outstanding messages to try',
  },
  rounds: { fallback: 2, min: 1, max: 9, says: 'turns of each system when there are peers; the better one counts' },
  drivers: { fallback: 1, min: 1, max: 8, says: 'processes that make the load' },
} satisfies Record<string, Count>

type CountName = keyof typeof counts
// All keys are in the type.
const countNames = Object.keys(counts) as CountName[]
const peerNames: readonly PeerName[] = ['socketio', 'ejabberd', 'floor']

const help = countNames.map((name) => {
  const { fallback, says, ...count } = counts[name]
  const full = 'full' in count ? `; ${count.full} with --full` : ''
  return `  --${name} N`.padEnd(22).concat(`${says} (${fallback}${full})`)
})

export const usage = `npm run bench [-- CASE… OPTION…]

Measures a FastChat of real processes on this machine and prints a table.
Cases: ${caseNames.join(', ')} (those after ${defaultCaseNames.at(-1)} run only when named)

${help.join('\n')}
  --against A,B       also measure these peers (${peerNames.join(', ')}), in turns
  --e2ee              also the cases e2ee and chain: clients that encrypt
  --full              every case and peer, at the sizes of the published figures: about half an hour
  --json FILE         also write {machine, command, rows: [{name, unit, ours, peers, ratios, target, met}]}
  --svg FILE          also draw a chart
  --markdown FILE     also write the table as Markdown
  --from FILE         measure nothing: print, draw or write a report of --json
  --profile FOLDER    pairs, group: write CPU profiles of the nodes that run Node; profiling adds to the figures
  --help

The run fails when a message is lost, duplicated, changed or out of order.`

/** Reads the arguments of the command line. @throws Error that says which argument is wrong */
export function readOptions(args: readonly string[]): Options | 'help' {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const countOptions = Object.fromEntries(countNames.map((name) => [name, text]))
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      ...countOptions,
      against: text,
      json: text,
      svg: text,
      markdown: text,
      from: text,
      profile: text,
      full: flag,
      e2ee: flag,
      help: flag,
    },
    allowPositionals: true,
  })
  if (values.help === true) return 'help'
  const isFull = values.full === true
  // All of these are declared as text above; `fromEntries` hides that.
  const given = values as Partial<Record<string, string>>
  const read = countNames.map((name) => [name, readCount(name, given[name], isFull)])
  return {
    // There is one value for each name.
    ...(Object.fromEntries(read) as Record<CountName, number>),
    cases: readCases(positionals, { isFull, isE2ee: values.e2ee === true }),
    against: given.against?.split(',').map(readPeer) ?? (isFull ? peerNames : []),
    mayMissPeers: given.against === undefined,
    json: given.json,
    svg: given.svg,
    markdown: given.markdown,
    from: given.from,
    profile: given.profile,
  }
}

function readCases(
  names: readonly string[],
  { isFull, isE2ee }: { isFull: boolean; isE2ee: boolean },
): readonly CaseName[] {
  const unless = isFull ? caseNames : isE2ee ? ([...defaultCaseNames, 'e2ee', 'chain'] as const) : defaultCaseNames
  if (names.length === 0) return unless
  return [...new Set([...names.map(readCase), ...(isE2ee ? (['e2ee', 'chain'] as const) : [])])]
}

function readCase(name: string): CaseName {
  if (isCaseName(name)) return name
  throw new Error(`There is no case ${name}. The cases are ${caseNames.join(', ')}.`)
}

function readPeer(name: string): PeerName {
  const peer = peerNames.find((known) => known === name)
  if (peer !== undefined) return peer
  throw new Error(`There is no peer ${name}. The peers are ${peerNames.join(', ')}.`)
}

function readCount(name: CountName, given: string | undefined, isFull: boolean): number {
  const { fallback, min, max, ...count } = counts[name]
  const usual = isFull && 'full' in count ? count.full : fallback
  const value = given === undefined ? usual : Number(given)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new Error(`--${name} must be a whole number from ${min} to ${max}`)
}
