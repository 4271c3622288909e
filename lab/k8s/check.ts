import type { Person } from '@fastchat/tests/person'
import type { Installation } from './installation.ts'

/** What a check has measured; printed and written as it is. */
export type Figures = Readonly<Record<string, number | string>>

export type World = {
  readonly installation: Installation
  readonly random: () => number
  /** Two who sit on different pods and have a chat, from `talk` on. */
  readonly people: Person[]
  /** `text` goes from the first to the second, and the answer back. */
  talk(text: string): Promise<void>
}

export type Check = {
  readonly name: string
  readonly title: string
  /** Throws when something does not hold. */
  readonly run: (world: World) => Promise<Figures>
}
