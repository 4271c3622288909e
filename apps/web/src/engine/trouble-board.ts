import type { Client, TroubleNote } from '@fastchat/client'
import type { TroubleNotice } from './people-state.ts'

/** The most problems that are shown at once, the latest ones. */
const maxShown = 20

/** Keeps the problems that this person did not cause, until the person closes them. */
export class TroubleBoard {
  readonly #changed: (notices: readonly TroubleNotice[]) => void
  #notices: readonly TroubleNotice[] = []
  #next = 1

  constructor(changed: (notices: readonly TroubleNotice[]) => void) {
    this.#changed = changed
  }

  get notices(): readonly TroubleNotice[] {
    return this.#notices
  }

  /** Adds problems to the board. One that is shown already is shown once, at its latest place. */
  add(notes: readonly TroubleNote[]): void {
    for (const { code, message, facts, who, conversation } of notes) {
      const notice: TroubleNotice = {
        ...{ id: this.#next++, code, message },
        ...(facts && { facts }),
        ...(who && { who }),
        ...(conversation !== undefined && { conversation }),
      }
      this.#notices = [...this.#notices.filter((one) => !isSame(one, notice)), notice].slice(-maxShown)
    }
    if (notes.length > 0) this.#changed(this.#notices)
  }

  hide(id: number): void {
    this.#notices = this.#notices.filter((one) => one.id !== id)
    this.#changed(this.#notices)
  }
}

const isSame = (one: TroubleNotice, other: TroubleNotice): boolean =>
  one.code === other.code && one.conversation === other.conversation && one.who?.name === other.who?.name

const boards = new WeakMap<Client, TroubleBoard>()

/** Begins the board of a device. */
export function openTroubleBoard(client: Client, changed: (notices: readonly TroubleNotice[]) => void): TroubleBoard {
  const board = new TroubleBoard(changed)
  boards.set(client, board)
  return board
}

/** Takes a problem from the board of a device. */
export const hideTrouble = (client: Client, id: number): void => boards.get(client)?.hide(id)
