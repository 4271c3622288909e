import type { DeviceId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import type { ChainRecord } from './chain-types.ts'
import { type Finding, judgeSkips } from './judge-message.ts'
import { raiseAlarms } from './raise-alarms.ts'

const me = newId<UserId>()
const epochOf = (epoch: number, chain?: ChainRecord): ChainRecord => ({
  ...{ groupNo: 1, start: 1, seq: 1, c: '', closed: [], untold: 0, voided: 0 },
  ...(chain?.alarms && { alarms: chain.alarms }),
  epoch,
})
const device = (userId: UserId = newId()) => ({ leafIndex: 1, userId, deviceId: newId<DeviceId>() })
const [ana, cleo] = [device(), device()]
const differs = (sender = ana, epoch = 1): Finding => ({ code: 'history_differs', epoch, sender, at: 3 })
const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code)

test('a device is named once in an epoch, and again in the next', () => {
  const first = raiseAlarms(epochOf(1), [differs()], me)
  expect(first.raised).toEqual([{ ...differs(), isLine: true }])
  expect(raiseAlarms(first.chain, [differs()], me).raised).toEqual([])
  expect(codes(raiseAlarms(epochOf(2, first.chain), [differs(ana, 2)], me).raised)).toEqual(['history_differs'])
})

test('one message that differs in two epochs is one alarm', () => {
  const { chain, raised } = raiseAlarms(epochOf(2), [differs(ana, 2), differs(ana, 1)], me)
  expect(codes(raised)).toEqual(['history_differs'])
  expect(raiseAlarms(chain, [differs(ana, 1)], me).raised).toEqual([])
})

test('the server is named when two users, or another device of this user, saw another log', () => {
  const one = raiseAlarms(epochOf(1), [differs()], me)
  const second = raiseAlarms(one.chain, [differs(device(ana.userId))], me)
  expect(codes(second.raised)).toEqual(['history_differs'])
  const other = raiseAlarms(second.chain, [differs(cleo)], me)
  expect(codes(other.raised)).toEqual(['history_differs', 'history_split'])
  expect(codes(raiseAlarms(other.chain, [differs(device())], me).raised)).toEqual(['history_differs'])
  expect(codes(raiseAlarms(epochOf(1), [differs(device(me))], me).raised)).toEqual(['history_differs', 'history_split'])
})

test('a member who lies in every epoch is named eight times, and takes no room from others', () => {
  let chain = epochOf(0)
  let lines = 0
  for (let epoch = 1; epoch <= 100; epoch++) {
    const step = raiseAlarms(epochOf(epoch, chain), [differs(ana, epoch)], me)
    chain = step.chain
    lines += step.raised.length
  }
  expect(lines).toBe(8)
  expect(chain.alarms?.length).toBeLessThanOrEqual(64)
  expect(codes(raiseAlarms(chain, [differs(cleo, 100)], me).raised)).toContain('history_differs')
})

test('many differing devices are counted and add eight lines', () => {
  let chain = epochOf(1)
  const all = []
  for (let n = 0; n < 200; n++) {
    const step = raiseAlarms(chain, [differs(device())], me)
    chain = step.chain
    all.push(...step.raised)
  }
  expect(all.filter(({ code }) => code === 'history_differs')).toHaveLength(200)
  expect(all.filter(({ isLine, code }) => isLine && code === 'history_differs').length).toBeLessThanOrEqual(8)
  expect(chain.alarms?.length).toBeLessThanOrEqual(64)
})

const message = (skipped: number, seen: number, voided = 0) => ({
  ...{ sender: ana, skipped },
  frame: { seen: { seq: seen, c: new Uint8Array(20) }, closings: [], voided },
})
const run = (...messages: [seq: number, senderView: Parameters<typeof judgeSkips>[1]][]) => {
  let chain = epochOf(1)
  return messages.flatMap(([seq, senderView]) => {
    const step = judgeSkips(chain, senderView, seq)
    chain = step.chain
    return step.findings
  })
}

test('messages that the server rejected are skipped without an alarm, however late the sender states them', () => {
  expect(run([10, message(2, 9, 2)])).toEqual([])
  // Three messages were under way when the first of four was rejected. None of them could state it.
  expect(run([10, message(1, 5)], [11, message(0, 5)], [12, message(0, 5)], [13, message(0, 12, 1)])).toEqual([])
  expect(run([10, message(1, 9, 1)], [11, message(1, 10, 2)], [12, message(0, 11, 2)])).toEqual([])
})

test('messages that their sender does not state after reading later ones were withheld', () => {
  expect(run([10, message(1, 9)])).toEqual([])
  const missing = { code: 'messages_missing', epoch: 1, sender: ana, count: 1 }
  expect(run([10, message(1, 9)], [11, message(0, 10)])).toEqual([missing])
  expect(run([10, message(2, 9, 1)], [12, message(0, 11, 1)])).toEqual([missing])
  // A stated rejection does not excuse another one.
  expect(run([10, message(1, 9, 1)], [11, message(1, 10, 1)], [12, message(0, 11, 1)])).toEqual([missing])
})

test('without the reader state of the sender or of this device, no skip is reported', () => {
  const silent = { sender: ana, skipped: 1, frame: undefined }
  expect(run([10, silent], [11, silent])).toEqual([])
  const torn = { ...epochOf(1), missing: 3 }
  expect(judgeSkips(torn, message(3, 9), 10)).toEqual({ chain: torn, findings: [] })
})
