import type { NoticeWords } from './notices-en.ts'

/** Wörter zu Hinweisen, neuen Versionen, der Verbindung und dem Speicher. */
export const noticesDe: NoticeWords = {
  ask: 'Sollen neue Nachrichten gemeldet werden, während diese Seite im Hintergrund ist?',
  turnOn: 'Mitteilungen einschalten',
  turnOff: 'Mitteilungen ausschalten',
  notNow: 'Jetzt nicht',
  from: (name) => `Neue Nachricht von ${name}`,
  inGroup: (name) => `Neue Nachricht in ${name}`,
  newMessage: 'Neue Nachricht',
  title: 'Mitteilungen',
  content: 'Zeigen, was geschrieben wurde',
  contentWhy: 'Sonst nennt eine Mitteilung nur die Person oder die Gruppe.',
  denied: 'Dieser Browser verbietet Mitteilungen dieser Seite. Erlaube sie in seinen Einstellungen für diese Seite.',
  unsupported: 'Dieser Browser zeigt für diese Seite keine Mitteilungen.',
  pushed: 'Sie kommen auch, wenn kein Tab offen ist. Die Meldung des Servers an diesen Browser ist leer.',
  notPushed: 'Sie kommen nur, solange ein Tab offen ist: Dieser Server oder dieser Browser hat keinen Push-Dienst.',
  newBuild: 'Eine neue Version ist bereit',
  outdated: 'Ein anderer Tab nutzt eine andere Version von FastChat. Lade diesen neu, um fortzufahren',
  reload: 'Neu laden',
  erase: 'Hier abmelden und neu beginnen',
  eraseWhy:
    'Das entfernt, was dieser Browser gespeichert hat. Noch nicht gesendete Nachrichten gehen verloren; alle anderen kommen aus der Sicherung zurück, wenn du dich anmeldest.',
}
