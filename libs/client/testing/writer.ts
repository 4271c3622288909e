import { type ChainFrame, type DeviceIdentity, encodeChained, type Group } from '@fastchat/crypto'
import { type LogEntry, type MessageId, type Payload, type Roster, toBase64Url } from '@fastchat/schema'
import { conversation, newId, trust } from './group.ts'

/** A member that writes to the log with only a group. */
export class Writer {
  readonly identity: DeviceIdentity
  group: Group
  /** The group info after the last commit. */
  groupInfo: Uint8Array = new Uint8Array()
  /** The view of the log that its messages state. Empty unless a test sets it. */
  frame: ChainFrame = { closings: [], voided: 0 }

  constructor(identity: DeviceIdentity, group: Group) {
    this.identity = identity
    this.group = group
  }

  says(seq: number, text: string): Promise<LogEntry> {
    return this.sends(seq, { v: 1, kind: 'text', text })
  }

  async sends(seq: number, payload: Payload): Promise<LogEntry> {
    const plaintext = encodeChained(this.frame, new TextEncoder().encode(JSON.stringify(payload)))
    const { group, envelope } = await this.group.encrypt(plaintext)
    this.group = group
    return this.at(seq, 'application', envelope)
  }

  async commits(seq: number, change: { roster?: Roster; remove?: number[] } = {}): Promise<LogEntry> {
    const { pending, commit, groupInfo } = await this.group.commit({ ...change, trust })
    this.group = pending
    this.groupInfo = groupInfo
    return this.at(seq, 'commit', commit)
  }

  at(seq: number, kind: LogEntry['kind'], envelope: Uint8Array, id: MessageId = newId()): LogEntry {
    return {
      conversation,
      // Tests count positions from 1.
      seq: seq as LogEntry['seq'],
      kind,
      id,
      from: this.identity.deviceId,
      at: seq,
      envelope: toBase64Url(envelope),
    }
  }
}
