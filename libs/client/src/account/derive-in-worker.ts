import { type AccountSecrets, assertPasswordInput, type PasswordInput } from '@fastchat/crypto'
import { ClientError } from '../errors.ts'
import type { DerivedInWorker } from './kdf-worker.ts'

/**
 * Runs `deriveSecrets` in a web worker, so that a page stays responsive. Where there are no web
 * workers, as in Node, it runs on this thread. Throws the errors of `deriveSecrets`.
 *
 * @throws {ClientError} `worker_failed` when the worker does not start, or ends in an error. The
 *   work is never done on the thread of a page instead, which would freeze it.
 */
export async function deriveInWorker(input: PasswordInput): Promise<AccountSecrets> {
  assertPasswordInput(input)
  if (typeof Worker === 'undefined') return (await import('@fastchat/crypto/password')).deriveSecrets(input)
  return await askWorker(input)
}

async function askWorker(input: PasswordInput): Promise<AccountSecrets> {
  // Bundlers recognise the worker only in this form, in one expression.
  const worker = new Worker(new URL('./kdf-worker.ts', import.meta.url), { type: 'module' })
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<DerivedInWorker>) =>
        'secrets' in data ? resolve(data.secrets) : reject(failure(data.failure))
      worker.onerror = ({ message }: ErrorEvent) => reject(failure(message))
      worker.onmessageerror = () => reject(failure('its answer could not be read'))
      worker.postMessage(input)
    })
  } finally {
    worker.terminate()
  }
}

const failure = (message: string): ClientError =>
  new ClientError('worker_failed', undefined, { cause: new Error(message) })
