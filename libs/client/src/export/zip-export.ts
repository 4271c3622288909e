import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { ClientError } from '../errors.ts'
import type { ExportSink } from './export-history.ts'
import { safeExportName } from './safe-export-name.ts'

/** Pieces of this size become a blob, which a browser may keep on its disk. */
const blobBytes = 8 * 1024 * 1024
/** The limits of a zip file without extensions, with space for its list of files. */
const maxZipFiles = 65_000
const maxZipBytes = 0xf000_0000
const lineBytes = 64 * 1024

type ZipLimits = { readonly files: number; readonly bytes: number }
const zipLimits: ZipLimits = { files: maxZipFiles, bytes: maxZipBytes }

/** Writes an export into one zip file, piece by piece. Lines are compressed, files are not. */
export class ZipExport {
  readonly #zip: Zip
  readonly #at: number
  readonly #limits: ZipLimits
  readonly #encoder = new TextEncoder()
  readonly #blobs: Blob[] = []
  #pieces: Uint8Array<ArrayBuffer>[] = []
  #waiting = 0
  #bytes = 0
  #files = 0
  #error: Error | undefined

  /** @param at the time that the zip file shows for its files, in milliseconds since 1970 */
  constructor(at: number, limits: ZipLimits = zipLimits) {
    this.#at = at
    this.#limits = limits
    this.#zip = new Zip((error, data) => {
      if (error) this.#error = error
      else this.#take(data)
    })
  }

  /** The place that `exportHistory` writes to. */
  get sink(): ExportSink {
    return {
      safeName: safeExportName,
      chatFolder: async (name, conversation) => `${safeExportName(name)}-${conversation}`,
      hasFile: async () => false,
      writeLines: async (path, lines) => await this.#writeLines(path, lines),
      writeFile: async (path, bytes) => {
        const file = new ZipPassThrough(path)
        this.#add(file)
        file.push(bytes, true)
        this.#check()
      },
    }
  }

  /** Ends the zip file, and returns it. @throws {ClientError} `too_large` */
  finish(): Blob {
    this.#zip.end()
    this.#check()
    this.#join()
    return new Blob(this.#blobs, { type: 'application/zip' })
  }

  async #writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
    const file = new ZipDeflate(path, { level: 6 })
    this.#add(file)
    let text = ''
    for await (const line of lines) {
      text += `${line}\n`
      if (text.length < lineBytes) continue
      file.push(this.#encoder.encode(text))
      text = ''
      this.#check()
    }
    file.push(this.#encoder.encode(text), true)
    this.#check()
  }

  #add(file: ZipDeflate | ZipPassThrough): void {
    file.mtime = this.#at
    this.#files++
    this.#check()
    this.#zip.add(file)
  }

  #take(data: Uint8Array): void {
    // The library may use its buffer again.
    this.#pieces.push(data.slice())
    this.#waiting += data.length
    this.#bytes += data.length
    if (this.#waiting >= blobBytes) this.#join()
  }

  #join(): void {
    this.#blobs.push(new Blob(this.#pieces))
    this.#pieces = []
    this.#waiting = 0
  }

  #check(): void {
    if (this.#error) throw this.#error
    if (this.#files > this.#limits.files || this.#bytes > this.#limits.bytes)
      throw new ClientError(
        'too_large',
        'This history is too large for one file. Use the command line: fastchat export',
      )
  }
}
