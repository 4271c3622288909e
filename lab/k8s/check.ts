import type { Person } from '@fastchat/tests/person'
import type { Installation } from './installation.ts'

/** The figures that a check has measured, as they are printed and written. */
export type Figures = Readonly<Record<string, number | string>>

export type World = {
  readonly installation: Installation
  readonly random: () => number
  /** The people on different pods who share a chat. They exist from the check `talk` on. */
  readonly people: Person[]
  /** Sends `text` from the first person to the second, and an answer back. */
  talk(text: string): Promise<void>
}

export type Check = {
  readonly name: string
  readonly title: string
  /** Runs the check. Throws when a promise does not hold. */
  readonly run: (world: World) => Promise<Figures>
}
