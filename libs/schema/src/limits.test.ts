import { expect, test } from 'vitest'
import { limits } from './limits.ts'

test('published limits keep their values', () => {
  expect(limits).toMatchObject({
    maxFrameBytes: 65_536,
    maxEnvelopeBytes: 40_960,
    maxCommitBytes: 2_097_152,
    maxAccountStateBytes: 1_048_576,
    maxAttachmentBytes: 26_214_400,
    helloTimeoutMs: 5_000,
    pingIntervalMs: 25_000,
    maxUnackedSends: 32,
    maxMessageAgeDays: 30,
  })
})
