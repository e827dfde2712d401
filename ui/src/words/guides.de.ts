// Die Worte der Anleitungen, unter denselben Namen wie im Englischen.

import type { Category } from '../backend/backend';
import type { CardWords } from './guides.en';

export const guidesDe: Record<Category, Record<string, CardWords>> = {
  connection: {
    health: {
      title: 'Fordert der Server zur Anmeldung auf?',
      text: [
        'Ohne Zugangsschein gefragt, antwortet ein gesunder Server „erst anmelden“ und sagt, wo (HTTP 401 mit der Kopfzeile WWW-Authenticate). Genau das fragt ihn die App, unter der Adresse, die Ihr Client benutzt.',
        'So sollte es aussehen: WWW-Authenticate: Bearer realm="OAuth", resource_metadata="https://ihr-server/.well-known/oauth-protected-resource"',
      ],
      answers: { yes: 'Ja', no: 'Nein, er antwortet anders', unsure: 'Das weiß ich nicht' },
    },
    look: {
      title: 'Lassen Sie die App nachsehen',
      text: [
        'Eine Prüfung beantwortet das. Sie liest nur und fragt nur Ihren Server und den Anmeldedienst, den er nennt.',
      ],
    },
    'health-broken': {
      title: 'Zuerst muss der Server in Ordnung gebracht werden',
      text: [
        'Solange er nicht „erst anmelden“ sagt, kann sich kein Client anmelden. Es liegt an den Einstellungen des Servers, nicht an Ihrem Computer.',
      ],
      steps: [
        'Öffnen Sie den Befund der Prüfung und kopieren Sie den Text für die Person, die den Server betreibt.',
        'Sie lässt jeden Aufruf ohne Schein mit 401 und WWW-Authenticate beantworten, genau unter der Adresse, die Clients benutzen.',
        'Prüfen Sie noch einmal. Wenn das stimmt, geht es weiter zu den Metadaten.',
      ],
    },
    metadata: {
      title: 'Sagt der Server, wo man sich anmeldet?',
      text: [
        'Unter /.well-known/oauth-protected-resource veröffentlicht der Server, wer die Anmeldung macht (Resource Metadata). Dort sollte lesbares JSON stehen, dasselbe wie im Dashboard: MCP Servers › Ihr Server › Metadata JSON.',
      ],
      answers: { yes: 'Ja, dasselbe JSON', no: 'Nein, etwas anderes', unsure: 'Das weiß ich nicht' },
    },
    'metadata-look': {
      title: 'Lassen Sie die App nachsehen',
      text: ['Eine Prüfung liest diese Adresse und vergleicht Feld für Feld, was dort steht.'],
    },
    'metadata-broken': {
      title: 'Was kommt stattdessen?',
      text: ['Die Prüfung zeigt die Antwort selbst unter „Was genau gefragt und geantwortet wurde“.'],
      answers: {
        error: 'Ein Fehler (500) oder nichts Lesbares',
        issuer: 'Der Anmeldedienst darin ist der falsche',
        resource: 'Die eigene Adresse des Servers darin ist eine andere',
      },
    },
    'metadata-500': {
      title: 'Der Server kennt seine eigenen Metadaten nicht',
      text: [
        'Ein Fehler 500 an dieser Adresse heißt in der Regel: Die Einstellung PROTECTED_RESOURCE_METADATA fehlt oder ist kein lesbares JSON.',
      ],
      steps: [
        'Öffnen Sie im Dashboard MCP Servers › Ihr Server › Metadata JSON und kopieren Sie alles.',
        'Setzen Sie es auf dem Server unverändert und in einer Zeile in PROTECTED_RESOURCE_METADATA ein.',
        'Starten Sie den Server neu und prüfen Sie noch einmal.',
      ],
    },
    'metadata-environment': {
      title: 'Der Anmeldedienst gehört zu einer anderen Umgebung',
      text: [
        'Die Adresse unter authorization_servers wurde aus einer anderen Umgebung kopiert (Entwicklung statt Produktion oder umgekehrt).',
      ],
      steps: [
        'Wechseln Sie im Dashboard in die Umgebung, zu der dieser Server gehört.',
        'Kopieren Sie dort MCP Servers › Ihr Server › Metadata JSON.',
        'Ersetzen Sie PROTECTED_RESOURCE_METADATA, starten Sie den Server neu und prüfen Sie noch einmal.',
      ],
    },
    'metadata-resource': {
      title: 'Der Server nennt sich anders',
      text: [
        'Das Feld „resource“ und das, was der Server erwartet (EXPECTED_AUDIENCE), müssen bis zum letzten Schrägstrich gleich sein. Sonst ist jeder Zugangsschein für jemand anderen ausgestellt.',
      ],
      steps: [
        'Vergleichen Sie „resource“ mit der Adresse im Client und mit der Server URL im Dashboard.',
        'Machen Sie alle drei gleich, den Schrägstrich am Ende eingeschlossen.',
        'Starten Sie den Server neu und prüfen Sie noch einmal.',
      ],
    },
    cors: {
      title: 'Stehen CORS-Fehler in der Konsole des Browsers oder im Protokoll von MCP Inspector?',
      text: [
        'Die haben nur Clients, die in einer Webseite laufen, vor allem MCP Inspector. Dort heißt es „blocked by CORS policy“.',
      ],
      answers: { yes: 'Ja', no: 'Nein', how: 'Wie sehe ich nach?' },
    },
    'cors-how': {
      title: 'In die Konsole sehen',
      steps: [
        'Drücken Sie in MCP Inspector F12 (auf dem Mac Wahl-, Befehlstaste und I zugleich).',
        'Öffnen Sie den Reiter „Console“ („Konsole“).',
        'Verbinden Sie noch einmal und suchen Sie rote Zeilen mit „CORS policy“.',
      ],
      answers: { yes: 'Es gibt welche', no: 'Es gibt keine' },
    },
    deeper: {
      title: 'Der Weg zur Anmeldeseite ist in Ordnung',
      text: [
        'Alles, was ohne Anmeldung zu sehen ist, stimmt. Als Nächstes kommt die Anmeldung selbst: Die App kann sie so durchgehen wie Ihr Client und zeigen, wo sie stehen bleibt.',
      ],
    },
  },
  'redirect-uri': {
    which: {
      title: 'Welcher Client sagt das?',
      text: [
        'Nach der Anmeldeseite geht der Browser zu einer Adresse des Clients zurück (redirect_uri). Eine Adresse, die der Anmeldedienst nicht kennt, lehnt er ab. Meist erinnert sich der Client an eine Registrierung unter einer früheren Adresse des Servers.',
      ],
      answers: {
        'mcp-remote': 'mcp-remote (auch in Claude Desktop oder Cursor)',
        vscode: 'VS Code',
        claude: 'Claude Desktop oder claude.ai',
        cursor: 'Cursor',
        'claude-code': 'Claude Code',
        inspector: 'MCP Inspector',
        other: 'Ein anderer',
      },
    },
    'mcp-remote': {
      title: 'mcp-remote diesen einen Server vergessen lassen',
      text: [
        'mcp-remote bewahrt seine Registrierungen unter ~/.mcp-auth auf. Der Ordner heißt seit Version 0.3.2 mcp-remote-v1, davor mcp-remote-<Version>; die Versionen 0.1.32 bis 0.1.39 benutzen den Ordner der Version davor. Nur die Dateien dieses Servers müssen weg.',
      ],
      steps: [
        'Beenden Sie den Client, der es benutzt.',
        'Löschen Sie Anmeldung und Registrierung dieses Servers; was weggelegt wird, lässt sich zurückholen.',
        'Starten Sie den Client und verbinden Sie noch einmal.',
      ],
    },
    vscode: {
      title: 'VS Code die Registrierung vergessen lassen',
      steps: [
        'Öffnen Sie die Befehlspalette: Strg+Umschalt+P, auf dem Mac Befehl+Umschalt+P.',
        'Wählen Sie „Authentication: Remove Dynamic Authentication Providers“ und diesen Server.',
        'Verbinden Sie noch einmal.',
      ],
    },
    claude: {
      title: 'In Claude trennen und neu verbinden',
      text: [
        'Claude Desktop kann eine gespeicherte Anmeldung nicht auf diesem Computer löschen: Sie liegt bei Ihrem Konto, nicht hier.',
      ],
      steps: [
        'Öffnen Sie Settings › Connectors.',
        'Drücken Sie neben dem Server ⋯ und Disconnect; entfernen Sie ihn dann und fügen Sie ihn neu hinzu.',
        'Verbinden Sie ihn.',
      ],
    },
    'claude-other': {
      title: 'Dem Server einen anderen Namen geben',
      text: [
        'Claude kann auch danach eine alte Registrierung zu einer Adresse behalten. Dann hilft eine andere Domain oder Subdomain für denselben Server.',
      ],
      steps: [
        'Lassen Sie dem Server einen zweiten Hostnamen geben, zum Beispiel mcp2.ihre-domain.',
        'Tragen Sie diese Adresse als Server URL im Dashboard und in den Metadaten ein.',
        'Fügen Sie den Connector mit der neuen Adresse hinzu.',
      ],
    },
    cursor: {
      title: 'In Cursor von diesem Server abmelden',
      steps: [
        'Öffnen Sie Cursor Settings › Tools & MCP.',
        'Wählen Sie den Server und drücken Sie Logout.',
        'Beenden Sie Cursor ganz, starten Sie es neu und verbinden Sie.',
      ],
    },
    'claude-code': {
      title: 'In Claude Code die Anmeldung löschen',
      steps: [
        'Tippen Sie /mcp.',
        'Wählen Sie den Server, dann „Clear authentication“.',
        'Wählen Sie ihn noch einmal und melden Sie sich an.',
      ],
    },
    inspector: {
      title: 'Das Gedächtnis von MCP Inspector leeren',
      steps: [
        'Bis Version 0.x: Schließen Sie den Tab und öffnen Sie Inspector neu.',
        'Ab Version 2: Drücken Sie „Clear OAuth state“, oder verbinden Sie mit --relogin.',
        'Verbinden Sie noch einmal.',
      ],
    },
    other: {
      title: 'Den Client diesen Server vergessen lassen',
      steps: [
        'Suchen Sie den Client unter „Dieser Computer“: Dort steht, was er gespeichert hat und wie er es vergisst.',
        'Melden Sie sich dort von diesem Server ab.',
        'Beenden Sie den Client ganz, starten Sie ihn neu und verbinden Sie.',
      ],
    },
    registered: {
      title: 'Ist die Adresse für den Rückweg überhaupt eingetragen?',
      text: [
        'Die Prüfung zeigt die Adresse, zu der der Client zurückkommt. Sie muss im Dashboard Zeichen für Zeichen so stehen: Port, Schrägstrich am Ende, localhost oder 127.0.0.1.',
      ],
      steps: [
        'Öffnen Sie im Dashboard Authentication › Redirects (in älteren Fassungen „Redirect URLs“) › Allowed Callback URLs.',
        'Fügen Sie die Adresse genau so hinzu, wie die Prüfung sie zeigt.',
        'Speichern Sie und verbinden Sie noch einmal.',
      ],
    },
  },
  cors: {
    who: {
      title: 'Wer weist die Webseite ab?',
      text: [
        'Ein Browser fragt jeden Server, ob eine Webseite ihn aufrufen darf (CORS). Die rote Zeile in der Konsole nennt die Adresse, die nicht geantwortet hat: Ihr MCP-Server oder der Anmeldedienst.',
      ],
      answers: { server: 'Mein MCP-Server', service: 'Der Anmeldedienst', unsure: 'Das weiß ich nicht' },
    },
    look: {
      title: 'Lassen Sie die App nachsehen',
      text: ['Die Prüfung fragt beide so, wie ein Browser es tut, und sagt, wer die Webseite abweist.'],
    },
    server: {
      title: 'Der MCP-Server muss die Webseite einlassen',
      text: [
        'Das ist die häufigere der beiden Ursachen. Die Frage vor der Frage (OPTIONS) muss ohne Schein beantwortet werden, und jede Antwort muss die CORS-Kopfzeilen tragen, auch die 401.',
      ],
      steps: [
        'Setzen Sie die CORS-Schicht vor die Prüfung des Scheins, damit OPTIONS zuerst beantwortet wird.',
        'Erlauben Sie die Kopfzeilen Authorization, Content-Type, Mcp-Session-Id und MCP-Protocol-Version.',
        'Geben Sie WWW-Authenticate und Mcp-Session-Id frei (Access-Control-Expose-Headers).',
        'Starten Sie den Server neu und prüfen Sie noch einmal.',
      ],
    },
    callback: {
      title: 'Der Anmeldedienst muss die Webseite kennen',
      text: ['Scalekit lehnt einen Rückweg ab, der nicht auf seiner Liste steht.'],
      steps: [
        'Öffnen Sie im Dashboard Authentication › Redirects (in älteren Fassungen „Redirect URLs“) › Allowed Callback URLs.',
        'Fügen Sie für die Entwicklung mit MCP Inspector http://localhost:6274/ hinzu und die volle Adresse http://localhost:6274/oauth/callback (in der Fassung für das Terminal http://127.0.0.1:6276/oauth/callback).',
        'Speichern Sie und verbinden Sie noch einmal.',
      ],
    },
    production: {
      title: 'Auch die Adresse der Produktion hinzufügen',
      steps: [
        'Fügen Sie die Adresse für den Rückweg des veröffentlichten Clients derselben Liste hinzu.',
        'Verbinden Sie noch einmal, von der Seite aus, die versagt hat.',
      ],
    },
  },
  token: {
    framework: {
      title: 'Womit ist der MCP-Server gebaut?',
      text: [
        'Sie sind angemeldet, und der Server sagt trotzdem nein (401). Bevor etwas anderes verdächtigt wird, werden seine eigenen Einstellungen verglichen: Meist passt eine davon nicht.',
      ],
      answers: {
        fastmcp: 'FastMCP mit ScalekitProvider',
        fastapi: 'FastAPI mit FastMCP',
        express: 'Express (Node)',
        other: 'Etwas anderes, oder ich weiß es nicht',
      },
    },
    'fastmcp-id': {
      title: 'Ist SCALEKIT_RESOURCE_ID die richtige?',
      steps: [
        'Sie beginnt mit res_.',
        'Sie ist dieselbe wie im Dashboard: MCP Servers › Ihr Server.',
        'Ändern Sie sie, wenn sie abweicht, und starten Sie den Server neu.',
      ],
    },
    'fastmcp-url': {
      title: 'Ist MCP_URL die eingetragene Adresse?',
      text: [
        'FastMCP bis Version 2 vergleicht die Adresse bis zum letzten Schrägstrich; ab Version 3 zählt die Resource-ID.',
      ],
      steps: [
        'MCP_URL endet mit einem Schrägstrich.',
        'Sie ist dieselbe wie die Server URL, die bei Scalekit eingetragen ist.',
        'Starten Sie den Server nach einer Änderung neu.',
      ],
    },
    audience: {
      title: 'Ist EXPECTED_AUDIENCE dasselbe wie die Server URL?',
      text: [
        'Bis zum letzten Schrägstrich: http://localhost:3002/ ist nicht http://localhost:3002. Die Resource-ID (res_…) steht immer im Schein und ist die sicherere Wahl; bei leerer Server URL ist sie die einzige.',
      ],
      steps: [
        'Öffnen Sie im Dashboard MCP Servers › Ihr Server › Server URL.',
        'Machen Sie EXPECTED_AUDIENCE gleich, oder nehmen Sie die Resource-ID.',
        'Starten Sie den Server neu, melden Sie sich neu an und prüfen Sie noch einmal.',
      ],
    },
    environment: {
      title: 'Gehören Schein und Server zur selben Umgebung?',
      steps: [
        'Öffnen Sie im Dashboard Settings › API Credentials.',
        'SK_ENV_URL des Servers ist die Adresse der Umgebung, die dort steht.',
        'Starten Sie den Server neu, melden Sie sich neu an und prüfen Sie noch einmal.',
      ],
    },
    validate: {
      title: 'Lässt die eigene Prüfung des Servers den Schein durch?',
      steps: [
        'Python: validate_access_token gibt für einen frischen Schein True zurück.',
        'Node: validateToken wirft keinen Fehler.',
        'Was stattdessen gesagt wird, steht im Protokoll des Servers; vergleichen Sie es mit den beiden Einstellungen davor.',
      ],
    },
    other: {
      title: 'Den Schein selbst ansehen',
      text: [
        'Ein Zugangsschein sagt, für wen er ausgestellt ist (aud), von wem (iss) und bis wann (exp). Die App liest ihn auf diesem Computer.',
      ],
      steps: [
        'Für wen: die Resource-ID res_… oder die eigene Adresse des Servers.',
        'Von wem: die Umgebung, oder die Umgebung mit /resources/res_…',
        'Bis wann: später als jetzt, und die Uhren stimmen überein.',
      ],
    },
    restart: {
      title: 'Den Server neu starten, dann neu anmelden',
      text: [
        'Manche Server lesen ihre Einstellungen nur beim Start, und ein Schein von vor der Änderung sagt noch das Alte.',
      ],
    },
    pass: {
      title: 'Die App anmelden und vergleichen lassen',
      text: [
        'Wenn Einstellungen und Schein passen und der Server trotzdem ablehnt, meldet sich die App selbst an und zeigt, was im Schein steht, neben dem, was der Server will.',
      ],
    },
  },
  scope: {
    tool: {
      title: 'Versagt ein Werkzeug oder alle?',
      text: [
        'Sie sind angemeldet. Ein Schein zählt auf, wofür er gilt (Scope), und jedes Werkzeug braucht einen Eintrag dieser Liste. Merken Sie sich den Namen des Werkzeugs, das versagt, und die Scopes, die das Dashboard für den Server nennt.',
      ],
      answers: { one: 'Eines oder einige', all: 'Alle' },
    },
    exists: {
      title: 'Gibt es den Scope im Dashboard?',
      text: [
        'Dashboard › MCP Servers › Ihr Server › Scopes. Der Name zählt bis auf den Buchstaben, zum Beispiel todo:read und todo:write.',
      ],
      answers: { yes: 'Ja, es gibt ihn', no: 'Nein' },
    },
    add: {
      title: 'Den Scope hinzufügen',
      steps: [
        'Dashboard › MCP Servers › Ihr Server › Scopes: hinzufügen und speichern.',
        'Kopieren Sie das Metadata JSON neu auf den Server und starten Sie ihn neu.',
        'Verbinden Sie noch einmal.',
      ],
    },
    requested: {
      title: 'Hat der Client danach gefragt?',
      text: ['Der Client fragt bei der Anmeldung nach Scopes. Die Anmeldeseite zählt sie auf.'],
      answers: { yes: 'Ja', no: 'Nein', unsure: 'Das weiß ich nicht' },
    },
    request: {
      title: 'Den Client danach fragen lassen',
      text: [
        'Clients nehmen die Scopes aus den Metadaten des Servers (scopes_supported) und aus der Antwort 401 oder 403 (scope="…").',
      ],
      steps: [
        'Tragen Sie den Scope auf dem Server an beiden Stellen ein.',
        'Melden Sie sich im Client ab und verbinden Sie noch einmal.',
      ],
    },
    pass: {
      title: 'Steht der Scope im Schein?',
      text: [
        'Der Schein sagt im Feld scope, was er erlaubt (manche schreiben scopes, scp oder permissions). Sehen Sie ihn hier an: Die App liest ihn auf diesem Computer und behält ihn nicht. Fügen Sie einen Schein nie in eine Webseite ein.',
      ],
      answers: { yes: 'Ja, er steht darin', no: 'Nein, er fehlt' },
    },
    reconnect: {
      title: 'Neu verbinden und zustimmen',
      text: ['Bei der Anmeldung wurde der Scope nicht erlaubt.'],
      steps: [
        'Melden Sie sich im Client von diesem Server ab.',
        'Verbinden Sie noch einmal und lassen Sie den Scope auf der Anmeldeseite eingeschaltet.',
        'Rufen Sie das Werkzeug noch einmal auf.',
      ],
    },
    names: {
      title: 'Die Namen sind verschieden',
      text: [
        'Schein und Dashboard stimmen überein; also fragt der Server nach einem anderen Namen, als er bekommen hat.',
      ],
      steps: [
        'Vergleichen Sie den Namen in der Ablehnung (required scope) mit dem im Schein, Buchstabe für Buchstabe.',
        'Lassen Sie beide von der Person angleichen, die den Server betreibt.',
      ],
    },
  },
  client: {
    what: {
      title: 'Was geschieht?',
      answers: {
        port: 'Claude Desktop, und die Adresse des Servers hat eine Portnummer',
        tabs: 'Mehrere Anmeldeseiten öffnen sich zugleich',
        elsewhere: 'In MCP Inspector geht es, in diesem Client nicht',
        browser: 'Es öffnet sich kein Browser',
      },
    },
    port: {
      title: 'Claudes Connectors rufen nur Port 443',
      text: [
        'Claudes Connectors laufen in der Cloud des Herstellers: Sie erreichen öffentliche https-Adressen auf dem üblichen Port, nicht diesen Computer und (wie berichtet wird) keinen anderen Port. Erwarten Sie keine unmittelbare Verbindung zu einem anderen Port.',
      ],
      steps: [
        'Geben Sie dem Server eine öffentliche https-Adresse ohne Portnummer.',
        'Oder erreichen Sie ihn über mcp-remote, das auf diesem Computer läuft.',
      ],
    },
    proxy: {
      title: 'Einen Reverse Proxy auf Port 443 setzen',
      steps: [
        'Lassen Sie Nginx oder Caddy mit einem Zertifikat auf 443 hören und Aufrufe an den eigenen Port des Servers weiterreichen.',
        'Er soll WWW-Authenticate und Authorization unverändert durchlassen.',
        'Tragen Sie die neue Adresse als Server URL ein und benutzen Sie sie im Client.',
      ],
    },
    tabs: {
      title: 'Zwei Wege zugleich',
      text: [
        'mcp-remote und der eigene Connector des Clients melden sich beide am selben Server an. Lassen Sie nie beide zugleich laufen: Jeder öffnet seine eigene Seite.',
      ],
      steps: [
        'Claude Desktop hat eigene Connectors (Settings › Connectors). Entfernen Sie den Eintrag mit mcp-remote aus seiner Einstellungsdatei.',
        'Beenden Sie den Client überall, damit kein mcp-remote zurückbleibt.',
        'Starten Sie den Client einmal und verbinden Sie.',
      ],
    },
    elsewhere: {
      title: 'Clients sind verschieden',
      text: [
        'Die Prüfung sagt für jeden Client, wo er stehen bleibt. Jeder hat hier eine eigene Seite: wie er sich anmeldet, was er speichert, was er nicht kann.',
      ],
    },
    fresh: {
      title: 'Von vorn beginnen',
      steps: [
        'Melden Sie sich im Client von diesem Server ab, oder löschen Sie, was er gespeichert hat.',
        'Beenden Sie den Client ganz, auch in der Symbol- oder Menüleiste.',
        'Starten Sie ihn neu und verbinden Sie.',
      ],
    },
    same: {
      title: 'So anmelden, wie dieser Client es täte',
      text: [
        'Die App meldet sich mit den Adressen und Regeln des Clients an. Wenn das geht, sind Server und Browser in Ordnung, und übrig bleibt der Client selbst.',
      ],
    },
  },
  browser: {
    test: {
      title: 'Öffnet sich ein Browser, wenn diese App darum bittet?',
      text: [
        'Das ist der Test, der entscheidet: eine Seite dieser App auf diesem Computer. Was das System dazu sagt, beweist nichts; nur eine Seite, die ankommt.',
      ],
      answers: { opens: 'Ja, die Seite kam an', nothing: 'Es kam keine Seite an' },
    },
    system: { title: 'Welches System ist das?', answers: { mac: 'macOS', windows: 'Windows', linux: 'Linux' } },
    mac: {
      title: 'Den Browser in den Systemeinstellungen wählen',
      text: [
        'Manche Anleitungen nennen Datenschutz & Sicherheit › App-Verwaltung (in älteren Systemen Systemeinstellungen › Sicherheit). Dort geht es um das Ändern anderer Apps; ansehen darf man es, und nichts dort hindert eine Webseite am Öffnen. „Automation“ in derselben Liste kann es: ein Client, bei dem dort ein Browser ausgeschaltet ist.',
      ],
      steps: [
        'Öffnen Sie Systemeinstellungen › Schreibtisch & Dock › Standardwebbrowser und wählen Sie einen Browser, den Sie schon geöffnet hatten.',
        'Öffnen Sie Datenschutz & Sicherheit › Automation und schalten Sie den Browser für Ihren Client ein, wenn er dort steht.',
        'Testen Sie noch einmal.',
      ],
    },
    windows: {
      title: 'Den Browser in den Einstellungen wählen',
      text: [
        'Manche Anleitungen nennen unter Datenschutz › App-Berechtigungen einen Schalter „Apps das Verwalten der Standard-App-Einstellungen erlauben“. Wo es ihn gibt, darf er eingeschaltet werden; die meisten PCs haben ihn nicht, und er betrifft das Ändern der Standard-App, nicht das Öffnen.',
      ],
      steps: [
        'Öffnen Sie Einstellungen › Apps › Standard-Apps.',
        'Wählen Sie Ihren Browser und drücken Sie „Als Standard festlegen“.',
        'Sehen Sie nach, dass HTTP und HTTPS in seiner Liste denselben Browser zeigen.',
        'Testen Sie noch einmal.',
      ],
    },
    linux: {
      title: 'Gibt es etwas, das Webseiten öffnet?',
      text: [
        'Clients rufen xdg-open. „which xdg-open“ in einem Terminal sagt, ob es installiert ist; ob der Client es findet und dahinter einen Browser, sagt nur der Test.',
      ],
      steps: [
        'Installieren Sie das Paket xdg-utils, wenn xdg-open fehlt.',
        'Wählen Sie in den Einstellungen Ihrer Oberfläche einen Standardbrowser, der noch installiert ist.',
        'Testen Sie noch einmal.',
      ],
    },
    restart: {
      title: 'Den Client ganz beenden und neu starten',
      text: [
        'Programme übernehmen ihre Umgebung beim Start. Das Fenster zu schließen genügt nicht: Beenden Sie ihn in der Symbol- oder Menüleiste, starten Sie ihn neu und testen Sie noch einmal.',
      ],
    },
    link: {
      title: 'Die Seite von Hand öffnen',
      text: [
        'Wenn nichts anderes hilft: Kopieren Sie die Adresse, die der Client zeigt (oder die unseres Tests), selbst in den Browser. Kommt die Seite dann an, ist nur das Öffnen gestört.',
      ],
    },
    back: {
      title: 'Die Seite öffnet sich. Kommt der Rückweg an?',
      text: [
        'Nach der Anmeldung geht der Browser zu einer Tür auf diesem Computer zurück (einem Port von localhost). Vielleicht hält sie jemand anderes, oder localhost führt woandershin. Sagt die Seite „abgelehnt“: Ändern Sie in der Adresszeile localhost in 127.0.0.1, lassen Sie den Rest stehen und drücken Sie die Eingabetaste.',
      ],
    },
  },
};
