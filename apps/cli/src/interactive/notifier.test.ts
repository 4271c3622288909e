import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import { eventually } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Notifier } from './notifier.ts'

let folder: string
let told: string[]
let open: Notifier[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fastchat-notify-'))
  told = []
  open = []
})
afterEach(() => {
  for (const one of open) one.close()
  rmSync(folder, { recursive: true, force: true })
})

function notifier(command: string, { withText = false } = {}): Notifier {
  const env = { PATH: process.env.PATH, OUT: join(folder, 'out'), FASTCHAT_PASSWORD: 'secret' }
  const made = new Notifier({ command, withText, clock: systemClock, env, tell: (words) => void told.push(words) })
  open.push(made)
  return made
}
const out = () => readFileSync(join(folder, 'out'), 'utf8')

test('a name or a text of somebody else is never a part of the command', async () => {
  const command = 'echo "$FASTCHAT_FROM|$FASTCHAT_CHAT|$FASTCHAT_TEXT|$FASTCHAT_PASSWORD|" > "$OUT"'
  const bad = '$(touch pwned)`touch pwned`"; touch pwned; "\u001b]0;x\u0007\nnext'
  notifier(command, { withText: true }).message({ from: 'bob', chat: `#${bad}`, text: bad })
  const seen = '$(touch pwned)`touch pwned`"; touch pwned; "\u{fffd}]0;x\u{fffd} next'
  await eventually(() => expect(out()).toBe(`bob|#${seen}|${seen}||\n`))
  expect(told).toEqual([])
})

test('the text is not given unless the person wants it', async () => {
  notifier('env | grep -c FASTCHAT_TEXT > "$OUT"; true').message({ from: 'bob', chat: '@bob', text: 'private' })
  await eventually(() => expect(out()).toBe('0\n'))
})

test('messages that come while the command runs are told together, one run at a time', async () => {
  const one = notifier('echo "$FASTCHAT_FROM $FASTCHAT_COUNT" >> "$OUT"')
  for (const from of ['ann', 'bob', 'cat']) one.message({ from, chat: '@x' })
  await eventually(() => expect(out()).toBe('ann 1\ncat 2\n'), { timeoutMs: 10_000 })
})

test('a command that fails is told once', async () => {
  const one = notifier('exit 3')
  one.message({ from: 'ann', chat: '@ann' })
  await eventually(() => expect(told).toHaveLength(1))
  one.message({ from: 'ann', chat: '@ann' })
  one.message({ from: 'ann', chat: '@ann' })
  expect(told[0]).toContain('failed with code 3')
  expect(told).toHaveLength(1)
})
