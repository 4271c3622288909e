import { BackupCard } from './backup-card.tsx'
import { ExportCard } from './export-card.tsx'
import { StorageUseCard } from './storage-use-card.tsx'

/** The backup, the export, and what this browser stores. */
export function StorageSection() {
  return (
    <>
      <BackupCard />
      <ExportCard />
      <StorageUseCard />
    </>
  )
}
