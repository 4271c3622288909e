import type { ConversationId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineHold, type Ticket } from './line-hold.ts'

const conversation = '00000000-0000-4000-8000-000000000001' as ConversationId
const other = '00000000-0000-4000-8000-000000000002' as ConversationId

const refuse = (hold: LineHold, of = conversation) => {
  const ticket = hold.admit(of, false)
  if (ticket) hold.settle(ticket, false)
}

test('after a refusal the conversation waits for a first, the others do not', () => {
  const hold = new LineHold()
  refuse(hold)
  expect(hold.admit(conversation, false)).toBeUndefined()
  expect(hold.admit(other, false)).toBeDefined()
  expect(hold.heldCount).toBe(1)
  expect(hold.admit(conversation, true)).toBeDefined()
  expect(hold.admit(conversation, false)).toBeDefined()
  expect(hold.heldCount).toBe(0)
})

test('a refusal of the turn before does not hold the new one', () => {
  const hold = new LineHold()
  const [one, two] = [hold.admit(conversation, false)!, hold.admit(conversation, false)!]
  hold.settle(one, false)
  const again = hold.admit(conversation, true)!
  hold.settle(two, false)
  expect(hold.admit(conversation, false)).toBeDefined()
  hold.settle(again, false)
  expect(hold.admit(conversation, false)).toBeUndefined()
})

test('a first that is refused holds the line again', () => {
  const hold = new LineHold()
  refuse(hold)
  hold.settle(hold.admit(conversation, true)!, false)
  expect(hold.admit(conversation, false)).toBeUndefined()
})

/**
 * A client with messages 1..n that may send ahead without limit, a writer that refuses whatever it likes and then what it
 * has queued behind (its half of the rule), and any interleaving of the two: what is stored is 1..n in order.
 */
test('whatever is refused whenever, the stored order is the order sent', () => {
  const steps = fc.array(fc.constantFrom('send', 'store', 'refuse', 'restart'), { maxLength: 300 })
  fc.assert(
    fc.property(steps, (script) => {
      const hold = new LineHold()
      const stored: number[] = []
      let writer: { id: number; ticket: Ticket }[] = []
      let next = 1
      let mustRestart = false
      for (const step of script) {
        if (step === 'send' && !mustRestart) {
          const ticket = hold.admit(conversation, false)
          if (ticket) writer.push({ id: next, ticket })
          next++ // The client goes on without having seen the answer.
        }
        if (step === 'store') {
          const head = writer.shift()
          if (head === undefined) continue
          if (!stored.includes(head.id)) stored.push(head.id)
          hold.settle(head.ticket, true)
        }
        if (step === 'refuse') {
          for (const { ticket } of writer) hold.settle(ticket, false)
          writer = []
        }
        if (step === 'restart') {
          mustRestart = writer.length > 0
          if (mustRestart) continue
          next = (stored.at(-1) ?? 0) + 1
          writer.push({ id: next++, ticket: hold.admit(conversation, true)! })
        }
      }
      expect(stored).toEqual(stored.map((_, at) => at + 1))
    }),
    { numRuns: 2_000 },
  )
})

test('nothing is remembered of lines that are in order', () => {
  const hold = new LineHold()
  const ticket = hold.admit(conversation, false)!
  hold.settle(ticket, true)
  refuse(hold)
  hold.settle(hold.admit(conversation, true)!, true)
  expect(hold.size).toBe(0)
})
