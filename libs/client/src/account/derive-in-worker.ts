import { type AccountSecrets, deriveSecrets, type PasswordInput } from '@fastchat/crypto'

/**
 * `deriveSecrets` in a worker of its own where there are web workers, so that a page stays alive meanwhile; else, and
 * where a worker is refused or finds fault with the input, on this thread. Throws what `deriveSecrets` throws.
 */
export async function deriveInWorker(input: PasswordInput): Promise<AccountSecrets> {
  const secrets = typeof Worker === 'undefined' ? undefined : await askWorker(input).catch(() => undefined)
  return secrets ?? (await deriveSecrets(input))
}

async function askWorker(input: PasswordInput): Promise<AccountSecrets | undefined> {
  // In this form, and in one piece, bundlers know that the worker is to be bundled, too.
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
