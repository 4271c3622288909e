import type { TroubleWords } from './trouble-words.ts'

const operator = 'Sag es denen, die den Server betreiben'
const outside = 'außerhalb dieses Servers, am Telefon oder persönlich'

/** The words for problems that no one on this device has caused, in German. */
export const troublesDe: TroubleWords = {
  key_mismatch: {
    says: 'Eine Änderung eines Chats wurde abgelehnt: sie benutzt für {who} einen Schlüssel, der im Verzeichnis nicht {who} gehört',
    todo: `Ein anderes Konto gibt sich vielleicht für {who} aus. Frag {who} ${outside}, wer in diesem Chat ist`,
  },
  key_changed: {
    says: 'Der Server zeigt für {who} einen anderen Schlüssel als den, der hier bekannt ist',
    todo: `Für den neuen Schlüssel wird nichts verschlüsselt. Vergleicht eure Sicherheitsnummern ${outside}`,
  },
  devices_differ: {
    says: 'Ein anderes Gerät von dir kennt einen anderen Schlüssel für {who} als dieses',
    todo: `Der Server hat einem von beiden einen falschen Schlüssel gezeigt. Vergleich die Sicherheitsnummer mit {who} ${outside}. ${operator}`,
  },
  key_accepted: {
    says: 'Ein anderes Gerät von dir hat einen neuen Schlüssel für {who} angenommen',
    todo: 'Nachrichten gehen jetzt an den neuen Schlüssel. Wenn du das nicht warst, entferne jenes Gerät, und frag {who} außerhalb dieses Servers',
  },
  name_changed: {
    says: 'Der Server gibt {who} einen anderen Namen',
    todo: `Nachrichten gehen weiter an dasselbe Konto. Frag {who} außerhalb dieses Servers. ${operator}`,
  },
  name_taken: {
    says: 'Der Server gibt den Namen {who} einem anderen Konto als dem, das hier bekannt ist',
    todo: `Jenes Konto wird ohne Namen gezeigt. Frag {who} außerhalb dieses Servers. ${operator}`,
  },
  name_unverified: {
    says: 'Der Server zeigt für {who} einen Namen, den der Schlüssel des Kontos nicht unterschrieben hat',
    todo: 'Verlass dich nicht auf diesen Namen. Frag {who} außerhalb dieses Servers, wer das ist',
  },
  wrong_sender: {
    says: 'Eine Nachricht oder Änderung kam unter einem falschen Absender',
    todo: 'Eine solche Nachricht wird nicht gezeigt, und eine solche Änderung zählt für den, der sie unterschrieben hat. Frag die Mitglieder außerhalb dieses Servers, was sie getan haben',
  },
  other_history: {
    says: 'Der Server zeigte eine andere Gruppe als die, die aus dem folgt, was dieses Gerät weiß',
    todo: `Dieses Gerät ist ihr nicht beigetreten. Die App eines Admins beginnt die Verschlüsselung neu, mit den Mitgliedern, die hier bekannt sind. ${operator}`,
  },
  unsigned_device: {
    says: 'Der Server zeigt ein Gerät deines Kontos, das dein Konto nicht unterschrieben hat',
    todo: `Es steht in keiner Liste, und nichts wird dafür verschlüsselt. ${operator}`,
  },
  revoked_device_back: {
    says: 'Ein Gerät, das du entfernt hast, ist einem Chat wieder beigetreten',
    todo: `Der Server hält seine Entfernung zurück, und das Gerät liest, was dort gesendet wird. Schreib dort nicht. ${operator}`,
  },
  another_host: {
    says: 'Der Server hat dieses Gerät an einen anderen Rechner geschickt ({host})',
    todo: `Es ist nicht dorthin gegangen. ${operator}`,
  },
  unproven_departure: {
    says: 'Der Server sagt, dass {who} gegangen ist, und beweist es nicht',
    todo: `Niemand wurde entfernt. Nachrichten warten hier, bis der Server sie nimmt. Frag {who} außerhalb dieses Servers. ${operator}`,
  },
  unproven_revocation: {
    says: 'Der Server sagt, dass ein Gerät von {who} entfernt wurde, und beweist es nicht',
    todo: `Es ist noch in diesem Chat. Nachrichten warten hier vielleicht, bis der Server sie nimmt. Frag {who} außerhalb dieses Servers. ${operator}`,
  },
  revoked_sender: {
    says: 'Ein Gerät von {who} hat nach seiner Entfernung eine Nachricht gesendet',
    todo: `Die Nachricht wird nicht gezeigt. Der Server hätte sie nicht nehmen dürfen. ${operator}`,
  },
  read_only_sender: {
    says: '{who} hat eine Nachricht in diese Gruppe gesendet, in der nur Admins schreiben dürfen',
    todo: `Die Nachricht wird nicht gezeigt. Der Server hätte sie nicht nehmen dürfen. ${operator}`,
  },
  profile_refused: {
    says: '{who} wollte Namen, Thema oder Bild dieser Gruppe ändern. Das dürfen nur Admins',
    todo: 'Nichts wurde geändert. Bitte {who}, die App zu aktualisieren',
  },
  cannot_enter: {
    says: 'Dieses Gerät konnte dem Chat nicht beitreten',
    todo: 'Es versucht es bei der nächsten Verbindung wieder. Wenn das nicht hilft, bitte einen Admin des Chats, dich zu entfernen und wieder hinzuzufügen',
  },
  account_state_old: {
    says: 'Der Server hat vergessen, was deine Geräte zuletzt über Leute und Gruppen abgelegt haben',
    todo: `Es wurde wieder abgelegt. Wenn der Server nicht aus einer Sicherung kommt: ${operator.replace('Sag', 'sag')}`,
  },
  account_state_wrong: {
    says: 'Was der Server für deine Geräte aufbewahrt, wurde verändert',
    todo: `Dieses Gerät hat nichts davon benutzt und sein eigenes wieder abgelegt. ${operator}`,
  },
  account_state_full: {
    says: 'Du kennst mehr Leute und Gruppen, als der Server für ein neues Gerät aufbewahrt',
    todo: 'Angemeldete Geräte gehen weiter wie bisher. Ein neues Gerät beginnt mit dem, was bis jetzt abgelegt ist',
  },
  own_records_old: {
    says: 'Der Server hat vergessen, was deine Geräte zuletzt über Gelesenes, Stummes und Angeheftetes abgelegt haben',
    todo: `Es wurde wieder abgelegt, und hier ging nichts zurück. Wenn der Server nicht aus einer Sicherung kommt: ${operator.replace('Sag', 'sag')}`,
  },
  own_records_wrong: {
    says: 'Was der Server über Gelesenes, Stummes und Angeheftetes aufbewahrt, wurde verändert',
    todo: `Dieses Gerät hat nichts davon benutzt. ${operator}`,
  },
  own_records_full: {
    says: 'Deine Geräte teilen mehr über Gelesenes, Stummes und Angeheftetes, als der Server aufbewahrt',
    todo: 'Was abgelegt ist, bleibt gleich. Der Rest bleibt nur in diesem Browser',
  },
  backup_old: {
    says: 'Der Server hat einen Teil dessen vergessen, was deine Geräte in die Sicherung deiner Nachrichten gelegt haben',
    todo: `Was dieses Gerät davon weiß, wird wieder abgelegt. Wenn der Server nicht aus einer Kopie kommt: ${operator.replace('Sag', 'sag')}`,
  },
  backup_wrong: {
    says: 'Die Sicherung deiner Nachrichten wurde beim Server verändert',
    todo: `Dieses Gerät hat nichts davon benutzt und seine eigene Liste wieder abgelegt. ${operator}`,
  },
  backup_incomplete: {
    says: 'Der Server gibt diesem Gerät einen Teil der Sicherung deiner Nachrichten nicht',
    todo: `Der Chat zeigt, welche Nachrichten fehlen. Behalte ein Gerät, das sie hat. ${operator}`,
  },
  backup_full: {
    says: 'Die Sicherung deiner Nachrichten ist voll',
    todo: 'Neue Nachrichten sind nur auf deinen Geräten. Für eine Kopie: exportiere deine Nachrichten',
  },
  backup_not_rotated: {
    says: 'Der Schlüssel der Sicherung konnte nicht ersetzt werden, als ein Gerät entfernt wurde',
    todo: 'Das entfernte Gerät und der Server zusammen könnten lesen, was ab jetzt gesichert wird. Melde dich hier neu an, wenn der Server antwortet, und entferne das Gerät noch einmal',
  },
  home_restored: {
    says: 'Von hier wurden Nachrichten gesendet, die dieser Browser nicht kennt: seine Daten sind älter, als sie waren',
    todo: 'Andere haben diese Nachrichten. Dieses Gerät macht vor der nächsten neue Schlüssel. Kopiere nicht die Daten eines Browsers: melde dich stattdessen an',
  },
  bad_group_info: {
    says: 'Eine Änderung von {who} hätte andere daran gehindert, diesem Chat beizutreten',
    todo: 'Dieses Gerät hat sie ersetzt. Bitte {who}, die App zu aktualisieren',
  },
  altered_on_the_way: {
    says: 'Eine Änderung dieses Chats wurde auf dem Weg zu diesem Gerät verändert',
    todo: `Sie wurde nicht benutzt. Kein Gerät kann sagen, wer sie verändert hat. Wenn es wieder geschieht: ${operator.replace('Sag', 'sag')}`,
  },
  unfollowable_commit: {
    says: 'Ein Gerät von {who} hat die Gruppe so geändert, dass dieses Gerät nicht folgen konnte',
    todo: 'Dieses Gerät tritt von selbst wieder bei. Bitte {who}, die App zu aktualisieren. Wenn es so weitergeht, ist es vielleicht Absicht',
    offer: 'Du kannst {who} unter „Über diese Gruppe“ entfernen',
  },
  history_differs: {
    says: 'Ein Gerät von {who} hat in diesem Chat etwas anderes gesehen, an der Stelle {at} oder davor',
    todo: `Für einen von euch ist vielleicht eine Nachricht versteckt, hinzugefügt oder verschoben. Vergleicht, was ihr seht, ${outside}`,
  },
  history_split: {
    says: 'Der Server zeigt verschiedenen Leuten in diesem Chat Verschiedenes',
    todo: `Verlass dich nicht auf diesen Chat. Vergleicht außerhalb dieses Servers, was ihr seht. ${operator}`,
  },
  gap_beyond_log: {
    says: 'Der Server sagt, dass Nachrichten aus einem Teil dieses Chats weg sind, den es noch nicht gibt',
    todo: `Deshalb wurde nichts übersprungen. ${operator}`,
  },
  gap_untrue: {
    says: 'Der Server sagte, dass Nachrichten dieses Chats weg sind, und zeigt jetzt eine davon',
    todo: `Er hat diesem Gerät Nachrichten vorenthalten. Vergleich mit den anderen Mitgliedern, was ihr seht, ${outside}`,
  },
  wrong_place: {
    says: 'Der Server hat eine Nachricht an einer Stelle geliefert, an der sie nicht gespeichert sein kann',
    todo: 'Eine Nachricht oder Änderung dieser Gruppe ist vielleicht versteckt oder verschoben. Vergleich mit anderen, was ihr seht',
  },
  own_message_moved: {
    says: 'Eine Nachricht von dir ist nicht dort, wo der Server sie nach seinen Worten gespeichert hat',
    todo: `Andere haben sie vielleicht nicht, oder sehen sie anderswo. Frag sie ${outside}`,
  },
  messages_missing: {
    says: 'Hier fehlen Nachrichten von {who} ({count}), und der Server nannte keinen Grund',
    todo: 'Frag {who} außerhalb dieses Servers, was geschrieben wurde',
  },
}
