import type { ConversationId } from '@fastchat/schema'
import type { ConversationKey, Delivery, DeviceKey, Invitation, LeafDelta, Memberships } from '../src/domain/ports.ts'

export const conversation = '00000000-0000-4000-8000-000000000001' as ConversationId
export const key = 1 as ConversationKey
export const device = 7 as DeviceKey

/** One change of the log. */
export type Step = 'message' | 'remove' | 'add' | 'rejoin'

/** A conversation's log and the device's leaves in it, as the database would show them. */
export class FakeLog {
  readonly entries: Delivery[] = []
  readonly leaves: { from: number; to: number | undefined }[] = []
  isDown = false
  /** Retention has deleted the entries up to here. */
  goneUpTo = 0
  /** Positions that a restore of the database skipped. */
  gaps: { from: number; to: number }[] = []
  pages = 0
  invitations: readonly Invitation[] = []
  wait: <T>(value: T) => Promise<T> = (value) => Promise.resolve(value)

  constructor() {
    this.commit('add')
  }

  commit(step: Step): Delivery | undefined {
    const seq = this.entries.length + 1
    const leaf = this.leaves.at(-1)
    const isIn = leaf !== undefined && leaf.to === undefined
    if (step === 'add' ? isIn : step !== 'message' && !isIn) return undefined
    if (leaf && (step === 'remove' || step === 'rejoin')) leaf.to = seq
    if (step === 'add' || step === 'rejoin') this.leaves.push({ from: seq, to: undefined })
    const delta: LeafDelta = {
      added: step === 'add' || step === 'rejoin' ? [device] : [],
      removed: step === 'remove' || step === 'rejoin' ? [device] : [],
      invited: [],
      kind: 'group',
      groupNo: 1,
    }
    const frame = Buffer.from(String(seq))
    const kind = step === 'message' ? 'application' : 'commit'
    const entry = { conversation, key, seq, kind, frame, ...(step !== 'message' && { delta }) } as const
    this.entries.push(entry)
    return entry
  }

  visible(): number[] {
    const isVisible = (seq: number) => this.leaves.some(({ from, to }) => from <= seq && seq <= (to ?? seq))
    return this.entries.map(({ seq }) => seq).filter(isVisible)
  }

  page(_: ConversationKey, after: number, maxEntries: number): Promise<readonly Delivery[]> {
    this.pages++
    if (this.isDown) return Promise.reject(new Error('down'))
    return this.wait(this.entries.slice(Math.max(after, this.goneUpTo)).slice(0, maxEntries))
  }

  memberships(): Promise<Memberships> {
    if (this.isDown) return Promise.reject(new Error('down'))
    const common = { conversation, key, kind: 'group', groupNo: 1, floorSeq: 0, gaps: this.gaps, cursor: 0 } as const
    const lastSeq = Math.max(this.entries.length, ...this.gaps.map(({ to }) => to))
    const positions = this.leaves.map(({ from, to }) => ({ ...common, lastSeq, fromSeq: from, toSeq: to }))
    return this.wait({ positions, invitations: this.invitations })
  }
}
