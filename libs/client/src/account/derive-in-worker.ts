import { type AccountSecrets, deriveSecrets, type PasswordInput } from '@fastchat/crypto'

/**
 * Runs `deriveSecrets` in a web worker, so that a page stays responsive. It runs on this thread
 * when there are no web workers, or when the worker does not start or rejects the input. Throws the
 * errors of `deriveSecrets`.
 */
export async function deriveInWorker(input: PasswordInput): Promise<AccountSecrets> {
  const secrets = typeof Worker === 'undefined' ? undefined : await askWorker(input).catch(() => undefined)
  return secrets ?? (await deriveSecrets(input))
}

async function askWorker(input: PasswordInput): Promise<AccountSecrets | undefined> {
  // Bundlers recognise the worker only in this form, in one expression.
  const worker = new Worker(new URL('./kdf-worker.ts', import.meta.url), { type: 'module' })
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<AccountSecrets | undefined>) => resolve(data)
      worker.onerror = () => reject(new Error('the worker did not start'))
      worker.postMessage(input)
    })
  } finally {
    worker.terminate()
  }
}
