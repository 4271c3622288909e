import type { Operation } from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import type { Input, Rest, Success } from './rest.ts'
import type { Tokens } from './tokens.ts'

/**
 * Calls the server's operations as this device. Each call carries the access token, and is repeated
 * once with a fresh token when the old one has expired.
 */
export type Api = {
  call<Op extends Operation>(op: Op, input: Omit<Input<Op>, 'token'>): Promise<Success<Op['response']>>
  upload(path: string, bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>
  download(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>>
  stream(path: string, maxBytes: number, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>
}

export function createApi(rest: Rest, tokens: Tokens): Api {
  async function authorised<T>(use: (token: string) => Promise<T>): Promise<T> {
    try {
      return await use(await tokens.access())
    } catch (error) {
      const isOver = error instanceof ServerError && (error.code === 'token_expired' || error.code === 'unauthorized')
      if (!isOver) throw error
      tokens.forget()
      return await use(await tokens.access())
    }
  }
  return {
    call: <Op extends Operation>(op: Op, input: Omit<Input<Op>, 'token'>) =>
      // The cast holds because the token that `Omit` took away is added here.
      authorised((token) => rest.call(op, { ...input, token } as Input<Op>)),
    upload: (path, bytes, signal) => authorised((token) => rest.upload(path, token, bytes, signal)),
    download: (path, maxBytes) => authorised((token) => rest.download(path, token, maxBytes)),
    stream: (path, maxBytes, signal) => authorised((token) => rest.stream(path, token, maxBytes, signal)),
  }
}
