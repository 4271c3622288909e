import { createSalt, defaultKdf, PasswordTooShortError, WeakKdfError } from '@fastchat/crypto'
import { deriveSecrets } from '@fastchat/crypto/password'
import { afterEach, expect, test, vi } from 'vitest'
import { deriveInWorker } from './derive-in-worker.ts'

const input = { password: 'correct horse battery', salt: createSalt(), params: defaultKdf }
afterEach(() => vi.unstubAllGlobals())

/** Stands for the workers of a browser. `answer` gets the worker when it is asked. */
function stubWorker(answer: (worker: StubWorker) => void): { readonly ended: () => number } {
  let ended = 0
  class Stub extends StubWorker {
    postMessage(): void {
      queueMicrotask(() => answer(this))
    }
    terminate(): void {
      ended++
    }
  }
  vi.stubGlobal('Worker', Stub)
  return { ended: () => ended }
}
class StubWorker {
  onmessage: ((event: { data: unknown }) => void) | undefined
  onerror: ((event: { message: string }) => void) | undefined
  onmessageerror: (() => void) | undefined
}

test('without web workers the work is done on this thread', async () => {
  expect(await deriveInWorker(input)).toEqual(await deriveSecrets(input))
})

test('the answer of the worker is taken, and the worker ends', async () => {
  const secrets = { loginValue: 'x', vaultKey: new Uint8Array(32) }
  const { ended } = stubWorker((worker) => worker.onmessage?.({ data: { secrets } }))
  expect(await deriveInWorker(input)).toBe(secrets)
  expect(ended()).toBe(1)
})

test.each<[string, (worker: StubWorker) => void]>([
  ['does not start', (worker) => worker.onerror?.({ message: 'blocked by the security policy' })],
  ['fails', (worker) => worker.onmessage?.({ data: { failure: 'RangeError: no memory' } })],
  ['gives what cannot be read', (worker) => worker.onmessageerror?.()],
])('a worker that %s is an error with its cause, and never work on this thread', async (_, answer) => {
  const { ended } = stubWorker(answer)
  const error = await deriveInWorker(input).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'worker_failed', cause: expect.any(Error) })
  expect(ended()).toBe(1)
})

test('a wrong password or a weak server is refused before a worker starts', async () => {
  stubWorker(() => expect.unreachable())
  await expect(deriveInWorker({ ...input, password: 'short' })).rejects.toThrow(PasswordTooShortError)
  const weak = { ...input, params: { ...defaultKdf, iterations: 1 } }
  await expect(deriveInWorker(weak)).rejects.toThrow(WeakKdfError)
})
