import { useState } from 'preact/hooks'
import { saveFile } from '../account/shown-key.tsx'
import { usePage, useSelected } from '../page-context.ts'
import { Card, Outcome, Progress } from './parts.tsx'
import styles from './settings.module.css'
import { useWork } from './use-work.ts'

/** Saves everything that this browser has as one file. */
export function ExportCard() {
  const { actions, words, clock } = usePage()
  const text = words.settings.storage
  const task = useSelected(({ engine }) => (engine?.task?.kind === 'export' ? engine.task : undefined))
  const [missing, setMissing] = useState(0)
  const { isBusy, problem, outcome, run } = useWork()
  const save = () =>
    run(async () => {
      const exported = await actions.settings.ask('exportAll', {})
      const today = new Date(clock.wallMs()).toISOString().slice(0, 10)
      saveFile(exported.file, `fastchat-${today}.zip`)
      setMissing(exported.missing)
      return text.exportDone(exported.lines, exported.files)
    })
  return (
    <Card title={text.export} why={text.exportWhy}>
      {isBusy ? (
        <Progress
          text={text.exporting(task?.done ?? 0, task?.of ?? 0)}
          done={task?.done ?? 0}
          of={task?.of}
          cancel={{ label: words.cancel, run: () => actions.settings.cancel('export') }}
        />
      ) : (
        <button type="button" class={styles.open} onClick={() => void save()}>
          {text.exportNow}
        </button>
      )}
      <Outcome problem={problem} outcome={outcome} />
      {missing > 0 && !isBusy && <p class={styles.problem}>{text.exportMissing(missing)}</p>}
    </Card>
  )
}
