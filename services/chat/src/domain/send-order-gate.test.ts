import type { ConversationId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SendOrderGate, type Ticket } from './send-order-gate.ts'

const conversation = '00000000-0000-4000-8000-000000000001' as ConversationId
const other = '00000000-0000-4000-8000-000000000002' as ConversationId

const refuse = (gate: SendOrderGate, of = conversation) => {
  const ticket = gate.admit(of, false)
  if (ticket) gate.settle(ticket, false)
}

test('after a refusal only that conversation is held, until a send says first', () => {
  const gate = new SendOrderGate()
  refuse(gate)
  expect(gate.admit(conversation, false)).toBeUndefined()
  expect(gate.admit(other, false)).toBeDefined()
  expect(gate.heldCount).toBe(1)
  expect(gate.admit(conversation, true)).toBeDefined()
  expect(gate.admit(conversation, false)).toBeDefined()
  expect(gate.heldCount).toBe(0)
})

test('a late refusal of an earlier turn does not hold the new turn', () => {
  const gate = new SendOrderGate()
  const [one, two] = [gate.admit(conversation, false)!, gate.admit(conversation, false)!]
  gate.settle(one, false)
  const again = gate.admit(conversation, true)!
  gate.settle(two, false)
  expect(gate.admit(conversation, false)).toBeDefined()
  gate.settle(again, false)
  expect(gate.admit(conversation, false)).toBeUndefined()
})

test('a refused first holds the conversation again', () => {
  const gate = new SendOrderGate()
  refuse(gate)
  gate.settle(gate.admit(conversation, true)!, false)
  expect(gate.admit(conversation, false)).toBeUndefined()
})

/**
 * Interleaves a client and a writer at random. The client sends messages 1..n ahead without limit.
 * The writer refuses any message, and with it what it has queued behind that one: its half of the
 * hold rule. The stored messages must be 1..n in order.
 */
test('the stored order is the order sent, whichever sends are refused', () => {
  const steps = fc.array(fc.constantFrom('send', 'store', 'refuse', 'restart'), { maxLength: 300 })
  fc.assert(
    fc.property(steps, (script) => {
      const gate = new SendOrderGate()
      const stored: number[] = []
      let writer: { id: number; ticket: Ticket }[] = []
      let next = 1
      let mustRestart = false
      for (const step of script) {
        if (step === 'send' && !mustRestart) {
          const ticket = gate.admit(conversation, false)
          if (ticket) writer.push({ id: next, ticket })
          next++ // the client continues before it has seen the answer
        }
        if (step === 'store') {
          const head = writer.shift()
          if (head === undefined) continue
          if (!stored.includes(head.id)) stored.push(head.id)
          gate.settle(head.ticket, true)
        }
        if (step === 'refuse') {
          for (const { ticket } of writer) gate.settle(ticket, false)
          writer = []
        }
        if (step === 'restart') {
          mustRestart = writer.length > 0
          if (mustRestart) continue
          next = (stored.at(-1) ?? 0) + 1
          writer.push({ id: next++, ticket: gate.admit(conversation, true)! })
        }
      }
      expect(stored).toEqual(stored.map((_, at) => at + 1))
    }),
    { numRuns: 2_000 },
  )
})

test('a conversation is forgotten once its sends are settled and it is not held', () => {
  const gate = new SendOrderGate()
  const ticket = gate.admit(conversation, false)!
  gate.settle(ticket, true)
  refuse(gate)
  gate.settle(gate.admit(conversation, true)!, true)
  expect(gate.size).toBe(0)
})
