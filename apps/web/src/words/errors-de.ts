import type { ErrorWords } from './error-words.ts'

const versions =
  'Die Seite und der Server verstehen sich nicht. Lade die Seite neu. Wenn es so bleibt, sag es denen, die den Server betreiben'
const signIn = 'Die Sitzung ist zu Ende. Melde dich wieder an; deine Nachrichten kommen zurück'
const again = 'Nichts wurde gespeichert. Versuche es noch einmal'
const compare = 'Frag die Person außerhalb dieses Servers, und sag es denen, die den Server betreiben'

/** The words for errors, in German. */
export const errorsDe: ErrorWords = {
  unreachable: 'Keine Antwort vom Server. Prüfe deine Verbindung, dann versuche es wieder',
  unexpected: 'Etwas Unerwartetes ist geschehen. Versuche es noch einmal. Wenn es wieder geschieht, lade die Seite neu',
  not_a_picture: 'Dieser Browser kann das Bild nicht zeigen. Wähle ein JPEG, PNG oder WebP',
  no_camera: 'Die Kamera ist nicht zu benutzen. Erlaube sie in deinem Browser, oder vergleicht die Ziffern',
  bad_request: versions,
  unauthorized: signIn,
  token_expired: signIn,
  refresh_invalid: signIn,
  session_ended: signIn,
  session_idle: 'Dieser Browser wurde lange nicht benutzt und deshalb abgemeldet. Melde dich wieder an',
  device_revoked: 'Dieser Browser wurde von deinem Konto entfernt. Melde dich wieder an, um weiterzumachen',
  wrong_credentials: 'Name oder Passwort ist falsch',
  recovery_wrong:
    'Name oder Wiederherstellungsschlüssel ist falsch, oder das Konto hat keinen. Prüfe beides, dann versuche es wieder',
  forbidden: 'Der Server erlaubt das nicht: es gehört nicht dir',
  admins_only: 'Nur Admins können Leute hinzufügen oder entfernen',
  owner_only: 'Nur wem die Gruppe gehört, kann ihre Admins ändern oder entfernen',
  admins_write: 'Nur Admins können in dieser Gruppe schreiben. Nichts wurde gesendet. Schreib einem Admin direkt',
  banned_user: 'Diese Person ist in der Gruppe gesperrt. Hebe zuerst die Sperre auf, unter „Über diese Gruppe“',
  signup_closed: 'Dieser Server nimmt niemanden auf',
  invite_required: 'Dieser Server verlangt einen Einladungscode',
  invite_invalid: 'Diese Einladung gilt nicht',
  account_disabled: 'Dieses Konto wurde gesperrt. Frag die, die den Server betreiben',
  quota_exceeded:
    'Deine Dateien brauchen allen Platz, den dir dieser Server gibt. Nichts wurde gesendet. Frag die, die ihn betreiben, nach mehr',
  not_found: 'Der Server hat nichts mit diesem Namen. Prüfe ihn, dann versuche es wieder',
  username_taken: 'Dieser Name ist vergeben',
  device_exists: `Dieser Browser ist schon angemeldet. ${again}`,
  too_many_devices:
    'Dein Konto hat so viele Geräte, wie es haben kann. Entferne eines, das du nicht mehr brauchst, dann melde dich an',
  key_packages_full: 'Der Server hat genug Schlüssel für neue Chats mit dir. Es ist nichts zu tun',
  stale_epoch: `Die Gruppe hat sich inzwischen geändert. ${again}`,
  stale_version: `Ein anderes Gerät von dir hat inzwischen etwas abgelegt. ${again}`,
  records_full:
    'Dein Konto hat so viele Chats mit Einstellungen, wie der Server aufbewahrt. Angemeldete Geräte gehen weiter',
  commit_first: `Ein Mitglied ist inzwischen gegangen. ${again}`,
  conflict: `Der Server hat eine andere Nachricht mit dieser Kennung. ${again}`,
  out_of_line: `Eine frühere Nachricht dieses Geräts wurde abgelehnt. ${again}`,
  last_admin: 'Eine Gruppe braucht einen Admin. Mach zuerst jemand anderen zum Admin',
  direct_fixed: 'Ein direkter Chat hat immer seine zwei Leute. Leg stattdessen eine Gruppe an',
  admin_present: 'Ein Admin dieser Gruppe hat ein Konto: frag dort. Nur Admins können die Gruppe ändern',
  upload_gap: 'Ein Teil der Datei kam nicht beim Server an. Sende sie noch einmal',
  id_expired: 'Die Nachricht hat hier zu lange gewartet und wurde nicht gesendet. Sende sie noch einmal',
  group_exists: 'Diese Gruppe gibt es schon. Du findest sie in deinen Chats',
  too_large: 'Diese Datei ist zu groß, um sie zu senden',
  attachment_too_large: 'Diese Datei ist zu groß, um sie zu senden. Mach sie kleiner',
  method_not_allowed: versions,
  unsupported_media_type: versions,
  credential_invalid: versions,
  name_differs: 'Das ist nicht der Name deines Kontos. Schreib ihn noch einmal',
  name_invalid: 'Dieser Server nimmt diesen Namen nicht. Wähle einen anderen',
  revocation_invalid: versions,
  password_note_invalid: versions,
  key_package_invalid: versions,
  unlawful_commit: 'Die Regeln der Gruppe erlauben das nicht. Nichts wurde geändert',
  malformed_handshake: versions,
  attachment_unknown:
    'Der Server hat diese Datei nicht mehr, deshalb wurde die Nachricht nicht gesendet. Sende die Datei noch einmal',
  rate_limited: 'Zu viele Versuche. Warte eine Minute, dann versuche es wieder',
  internal: 'Etwas ging schief. Versuche es noch einmal. Wenn es so bleibt, sag es denen, die den Server betreiben',
  busy: 'Der Server ist beschäftigt. Versuche es gleich noch einmal',
  no_services_available: 'Leider ist kein Dienst erreichbar. Versuche es gleich noch einmal',
  hello_first: versions,
  hello_timeout: 'Die Verbindung zum Server ist zu langsam. Prüfe dein Netz, dann versuche es wieder',
  unknown_frame: versions,
  malformed_frame: versions,
  worker_failed: 'Dieser Browser konnte die Schlüssel nicht machen. Lade die Seite neu, dann versuche es wieder',
  not_signed_in: 'Leg zuerst ein Konto an, oder melde dich an',
  signed_in_already: 'Dieser Browser ist bei einem anderen Konto angemeldet. Melde dich dort zuerst ab',
  unknown_device: 'Du hast kein solches Gerät. Sieh dir die Liste deiner Geräte noch einmal an',
  wrong_vault:
    'Der Server bewahrt andere Schlüssel auf als die dieses Kontos. Nichts wurde getan. Frag die, die den Server betreiben',
  wrong_recovery:
    'Der Server hat eine Kopie des Kontos, die dieser Wiederherstellungsschlüssel nicht öffnet. Frag die, die den Server betreiben',
  recovery_key_invalid:
    'Das ist kein Wiederherstellungsschlüssel, oder ein Buchstabe ist falsch. Er hat acht Gruppen aus vier Buchstaben. Schreib ihn noch einmal',
  recovery_old:
    'Der Server zeigt einen Wiederherstellungsschlüssel von vor dem letzten. Nichts wurde getan. Mach einen neuen, und sag es denen, die den Server betreiben',
  no_recovery_key: 'Dieses Konto hat keinen Wiederherstellungsschlüssel. Mach einen in den Einstellungen',
  change_uncertain:
    'Es kam keine Antwort. Die Änderung wurde vielleicht gemacht. Wenn der Server antwortet, versuche zuerst das neue Passwort',
  wrong_account:
    'Der Server zeigt ein anderes Konto als deines. Nichts wurde getan. Sag es denen, die den Server betreiben',
  wrong_state:
    'Der Server zeigt Daten, die kein Gerät von dir versiegelt hat. Nichts davon wurde benutzt. Sag es denen, die den Server betreiben',
  name_unverified: `Der Server beweist nicht, dass das Konto diesen Namen hat. Nichts wurde getan. ${compare}`,
  name_taken: `Der Server gibt diesen Namen einem anderen Konto als dem, das hier bekannt ist. Nichts wurde getan. ${compare}`,
  name_changed: `Der Server gibt diesem Konto einen anderen Namen als den, der hier bekannt ist. ${compare}`,
  unknown_conversation: 'Diesen Chat gibt es in diesem Browser nicht. Wähle einen anderen',
  unknown_message: 'Diese Nachricht gibt es in diesem Browser nicht',
  not_a_member: 'Du bist nicht in diesem Chat. Bitte einen Admin der Gruppe, dich hinzuzufügen',
  key_changed: `Der Server zeigt für dieses Konto einen anderen Schlüssel als den, der hier bekannt ist. Nichts wurde gesendet. ${compare}`,
  store_locked: 'Ein anderes Programm benutzt die Daten dieser Seite. Schließe es, dann lade die Seite neu',
  push_off: 'Dieser Server weckt keine geschlossenen Browser. Wer ihn betreibt, kann es einschalten',
  push_refused: 'Dieser Server sendet nichts an den Push-Dienst dieses Browsers. Wer ihn betreibt, kann es erlauben',
  store_newer: 'Eine neuere Version von FastChat hat diesen Speicher benutzt. Lade die Seite neu, um sie zu bekommen',
  storage_full: 'In diesem Browser ist kein Platz mehr. Mach etwas Platz. Was gespeichert war, ist nicht verloren',
  not_writable: 'Dieser Browser lässt die Seite nichts speichern. Erlaube es, oder verlass das private Fenster',
  store_corrupt:
    'Die Daten dieser Seite sind beschädigt. Melde dich in einem anderen Browser an; deine Nachrichten kommen aus der Sicherung zurück',
  another_server: 'Dieser Browser gehört zu einem anderen Server. Öffne dessen Seite',
  empty_search: 'Schreib ein Wort, nach dem gesucht wird',
  too_many_pinned: 'Höchstens 10 Chats können angeheftet sein. Löse zuerst einen',
  cancelled: 'Abgebrochen. Nichts wurde gesendet oder gespeichert',
  file_changed: 'Die Datei hat sich beim Lesen geändert und wurde nicht gesendet. Sende sie noch einmal',
  file_interrupted:
    'Diese Datei wurde nicht zu Ende gelesen, weil die Seite geschlossen wurde. Nichts wurde gesendet. Sende sie noch einmal',
  file_refused: 'Diese Datei konnte nicht gesendet werden. Sende sie noch einmal, oder verwirf sie',
  file_damaged:
    'Der Server gab andere Bytes, als gesendet wurden. Nichts wurde gespeichert. Lass dir die Datei noch einmal senden, und sag es denen, die den Server betreiben',
  too_many_files: 'Es warten schon zu viele Dateien. Versuche es wieder, wenn einige gesendet sind',
  too_many_changes: 'Es warten schon zu viele Änderungen dieses Chats. Versuche es wieder, wenn sie gemacht sind',
  too_many_conversations:
    'Der Server nannte zu viele neue Chats auf einmal. Lade die Seite neu, um die anderen zu bekommen',
  not_yours: 'Das kann nur, wer es geschrieben hat',
  not_allowed: 'Das kann nur ein Admin der Gruppe',
  too_old_to_edit: 'Eine Nachricht kann 24 Stunden lang geändert werden. Sende stattdessen eine neue',
  cannot_change: 'Diese Nachricht kann nicht geändert werden: sie wurde gelöscht, oder sie ist von anderer Art',
  cannot_forward: 'Diese Nachricht kann nicht weitergeleitet werden: sie wurde gelöscht, oder sie ist von anderer Art',
  too_many_pins: 'Dieser Chat hat so viele angeheftete Nachrichten, wie er haben kann. Löse zuerst eine',
  invalid_emoji: 'Eine Reaktion ist ein Emoji. Wähle eines aus der Liste',
  invalid_timer: 'Nachrichten können nach 30 Sekunden bis zu einem Jahr verschwinden. Wähle eine solche Zeit',
  invalid_payload: 'In dieser Form kann das nicht gesendet werden. Wähle eine andere Datei oder einen anderen Text',
  invalid_name: 'Das kann kein Name sein. Nimm Buchstaben und Ziffern, ohne Klammern und @',
  user_blocked: 'Du hast diese Person blockiert. Nichts wurde gesendet oder geändert. Hebe zuerst die Blockierung auf',
  key_unknown: 'Der Schlüssel dieser Person ist hier nicht bekannt. Ihr Konto ist vielleicht gelöscht',
  verified_key_changed:
    'Der Server zeigt einen anderen Schlüssel für eine Person, die du geprüft hast. Nichts wurde gesendet. Vergleicht eure Sicherheitsnummern noch einmal',
  numbers_differ:
    'Diese Ziffern sind nicht die Sicherheitsnummer, die hier steht. Prüfe alle 60. Wenn sie sich noch unterscheiden, ist vielleicht jemand zwischen euch: sagt es einander außerhalb dieses Servers',
  no_new_key: 'Der Server zeigt jetzt keinen neuen Schlüssel für diese Person. Nichts wurde geändert',
  only_left_chats: 'Verlass zuerst die Gruppe. Dann kannst du sie entfernen',
  backup_busy: 'Andere Geräte von dir legen gerade die Sicherung ab. Versuche es in einer Minute wieder',
  not_an_export: 'In diesem Ordner sind andere Dateien. Wähle einen neuen Ordner',
  backup_no_key:
    'Dieser Browser hat noch keinen Schlüssel für die Sicherung. Melde dich hier noch einmal mit dem Passwort an',
  successor_needed: 'Sag, wem diese Gruppe als Nächstes gehört. Dann kannst du sie verlassen',
  old_apps: 'Die App eines Mitglieds ist zu alt dafür. Bitte darum, sie zu aktualisieren',
  ban_list_full: 'In der Gruppe sind so viele Leute gesperrt wie möglich. Hebe zuerst eine Sperre auf',
  picture_too_large: 'Dieses Bild ist zu groß. Wähle ein einfacheres',
  only_others: 'Das geht nur mit anderen Leuten',
}
