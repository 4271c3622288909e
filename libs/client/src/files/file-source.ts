/** A file that a person wants to send. It is read once, piece by piece. */
export type FileSource = {
  readonly name: string
  readonly mime: string
  readonly size: number
  /** Returns the bytes of the file, in pieces. */
  open(): AsyncIterable<Uint8Array>
}

/** Returns the source of a file of a browser, or of other bytes in memory. */
export function blobSource(blob: Blob, name: string): FileSource {
  return {
    name,
    mime: blob.type === '' ? 'application/octet-stream' : blob.type,
    size: blob.size,
    async *open() {
      for (let at = 0; at < blob.size; at += readBytes)
        yield new Uint8Array(await blob.slice(at, at + readBytes).arrayBuffer())
    },
  }
}

const readBytes = 256 * 1024
