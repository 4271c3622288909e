import type { User, UserId } from '@fastchat/schema'
import type { Pin } from '../store/records.ts'
import { Trouble } from '../trouble.ts'
import type { TroubleCode } from '../trouble-words.ts'
import type { Lie } from './directory-user.ts'

/**
 * A difference between a user's pin and the key or name that the directory or another device of
 * this account shows.
 */
export type Doubt = Lie | 'devices_differ' | 'key_accepted'

/** A doubt about a user, to be told in the chats with this user. */
export type DoubtReport = { readonly userId: UserId; readonly code: Doubt }

export type DoubtReporterPort = {
  pinOf(userId: UserId): Pin | undefined
  nameOf(userId: UserId): string
  /** Called with another key than the pinned one that was shown for a user. */
  rivalled(userId: UserId, key: string): void
  /** Stores a pin that has changed. */
  store(userId: UserId, pin: Pin): Promise<void>
  /** Reports a claim of the directory or of another device that is not believed. */
  tell(trouble: Trouble): void
  /** Adds a line to the chats with a user. Resolves when it is stored. */
  tellChats(report: DoubtReport): Promise<void>
}

/** The number of lies about one user that get a line. A server that invents more adds no lines. */
const maxTold = 4
/** The number of doubts that one process reports. */
const maxReports = 10_000

/** Reports doubts about users: once per process as an event, once per device as a line. */
export class DoubtReporter {
  readonly #port: DoubtReporterPort
  readonly #reported = new Set<string>()

  constructor(port: DoubtReporterPort) {
    this.#port = port
  }

  /** Returns the words about a doubt. */
  trouble({ userId, username }: Pick<User, 'userId' | 'username'>, code: Doubt): Trouble {
    return troubleAbout(code, userId, code === 'name_taken' ? username : this.#port.nameOf(userId))
  }

  /** Reports a lie once per process, and adds one line per device to the chats with that user. */
  report(user: Pick<User, 'userId' | 'username' | 'accountKey'>, code: Doubt): void {
    const { userId } = user
    const isRival = code === 'key_changed' || code === 'devices_differ'
    const what = `${code} ${isRival || code === 'key_accepted' ? user.accountKey : user.username}`
    if (isRival) this.#port.rivalled(userId, user.accountKey)
    if (this.#reported.has(`${userId} ${what}`) || this.#reported.size >= maxReports) return
    this.#reported.add(`${userId} ${what}`)
    this.#port.tell(this.trouble(user, code))
    const { told = [] } = this.#port.pinOf(userId) ?? {}
    if (told.includes(what) || told.length >= maxTold) return
    // This is not awaited: the caller may hold the lock of such a chat. The next process repeats a
    // failed report.
    this.#port
      .tellChats({ userId, code })
      .then(() => this.#remember(userId, what))
      .catch(() => {})
  }

  async #remember(userId: UserId, what: string): Promise<void> {
    const pin = this.#port.pinOf(userId)
    if (pin) await this.#port.store(userId, { ...pin, told: [...(pin.told ?? []), what] })
  }
}

/** Returns a trouble about a user of that name, who is not the owner of this device. */
export const troubleAbout = (code: TroubleCode, from: UserId, name: string): Trouble =>
  new Trouble({ code }, { from }, { name, isMe: false })
