/** A key, index or segment of a backup did not open: it is another one, or its bytes changed. */
export class BackupError extends Error {
  override name = 'BackupError'
}
