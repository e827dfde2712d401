import type { ClientPageId, ClientPageWords } from './clients.en';

export const clientsDe: Record<ClientPageId, ClientPageWords> = {
  'claude-desktop': {
    signsIn: [
      'Entfernte Server sind Connectors (Settings › Connectors). Sie melden sich aus der Cloud von Anthropic an, mit dem Rückweg https://claude.ai/api/mcp/auth_callback.',
      'Server in seiner Einstellungsdatei laufen auf diesem Computer. Für einen entfernten Server dort meldet sich mcp-remote an, nicht Claude Desktop.',
    ],
    stores: [
      'Connectors: bei Ihrem Konto, nicht auf diesem Computer.',
      'Lokale Server: nichts Eigenes. mcp-remote bewahrt seine Anmeldungen unter ~/.mcp-auth auf.',
    ],
    limits: [
      'Ein Server in der Einstellungsdatei, der nur eine „url“ hat, wird übergangen: Entfernte Server gehören in Settings › Connectors.',
      'Connectors erreichen öffentliche https-Adressen auf Port 443. Andere Ports gehen Berichten zufolge nicht; localhost, Heimnetze und VPNs gehen grundsätzlich nicht.',
      'Jeder lokale Server wird für einen Augenblick zweimal gestartet: Mit mcp-remote können sich zwei Anmeldeseiten öffnen.',
      'mcp-remote und ein Connector für denselben Server dürfen nicht zugleich laufen.',
    ],
    afresh: [
      'Connector: Settings › Connectors › ⋯ › Disconnect, dann Connect. Hilft das nicht, entfernen Sie ihn und fügen Sie ihn neu hinzu.',
      'Benutzt Claude noch die alte Registrierung, geben Sie dem Server einen anderen Hostnamen.',
      'mcp-remote: Vergessen Sie diesen Server unter „Dieser Computer“, beenden Sie Claude ganz und starten Sie es neu.',
    ],
  },
  cursor: {
    signsIn: [
      'Selbst, für Server mit einer „url“ in ~/.cursor/mcp.json oder .cursor/mcp.json.',
      'Es meldet drei Rückwege zugleich an: cursor://anysphere.cursor-mcp/oauth/callback, https://www.cursor.com/agents/mcp/oauth/callback und http://localhost:8787/callback.',
    ],
    stores: [
      'Anmeldung und Registrierung in seiner eigenen Datenbank (state.vscdb), verschlüsselt. Sie wird hier nie geöffnet.',
    ],
    limits: [
      'Ein Anmeldedienst, der einen der drei Rückwege ablehnt, lehnt die ganze Registrierung ab.',
      '„Transient error connecting to streamableHttp server“ steht für jeden Fehler: Nur eine Prüfung sagt, welcher es ist.',
    ],
    afresh: [
      'Cursor Settings › Tools & MCP › der Server › Logout.',
      'Beenden Sie Cursor ganz, starten Sie es neu und verbinden Sie.',
    ],
  },
  vscode: {
    signsIn: [
      'Selbst, für Server in mcp.json („servers“, type http).',
      'Rückwege: http://127.0.0.1:33418/, https://vscode.dev/redirect und https://insiders.vscode.dev/redirect.',
    ],
    stores: [
      'Registrierungen mit Namen in seiner Datenbank (state.vscdb); Scheine sind verschlüsselt und werden hier nie geöffnet.',
    ],
    limits: [
      'Das Feld „resource“ in den Metadaten des Servers muss genau die Adresse in mcp.json sein.',
      'Ist Port 33418 belegt, nimmt es einen anderen, den ein strenger Anmeldedienst ablehnt.',
      'Es vergisst eine Registrierung nicht von selbst, wenn der Dienst sie vergessen hat.',
    ],
    afresh: [
      'Befehlspalette › „Authentication: Remove Dynamic Authentication Providers“ › der Server.',
      'Oder: „MCP: List Servers“ › der Server › Sign Out.',
      'Verbinden Sie noch einmal.',
    ],
  },
  'mcp-inspector': {
    signsIn: [
      'In einer Webseite unter http://localhost:6274; sein Rückweg ist http://localhost:6274/oauth/callback. Die Fassung für das Terminal benutzt http://127.0.0.1:6276/oauth/callback.',
    ],
    stores: [
      'Ab Version 2: ~/.mcp-inspector/storage/oauth.json, im Klartext.',
      'Version 0.x: nur im Tab des Browsers.',
    ],
    limits: [
      'Die Aufrufe kommen aus einer Webseite: Der Server muss das erlauben (CORS).',
      'Beide Rückwege müssen eingetragen sein, wenn beide Fassungen benutzt werden.',
    ],
    afresh: [
      'Version 0.x: Schließen Sie den Tab und öffnen Sie ihn neu.',
      'Ab Version 2: „Clear OAuth state“, oder vergessen Sie den Server unter „Dieser Computer“.',
    ],
  },
  'mcp-remote': {
    signsIn: [
      'Als Vermittler: Ein Client startet es (meist über npx), es öffnet den Browser und wartet an einem Port dieses Computers.',
      'Der Port wird aus der Adresse des Servers berechnet; der Rückweg ist http://localhost:<Port>/oauth/callback.',
    ],
    stores: [
      'Unter ~/.mcp-auth (oder MCP_REMOTE_CONFIG_DIR), im Klartext, je Server einige Dateien.',
      'Der Ordner heißt seit Version 0.3.2 mcp-remote-v1, davor mcp-remote-<Version>.',
    ],
    limits: [
      'Die Versionen 0.1.32 bis 0.1.39 benutzen den Ordner der Version davor.',
      'Die Versionen 0.0.5 bis 0.1.15 kann ein feindlicher Server dazu bringen, Programme zu starten (CVE-2025-6514): Nehmen Sie eine neuere.',
      'Mehrere Clients, oder ein Client zweimal, starten es mehrmals: Jedes kann eine Anmeldeseite öffnen.',
      'Es braucht Node dort, wo der Client danach sucht; das ist nicht immer dort, wo das Terminal es findet.',
    ],
    afresh: [
      'Beenden Sie die Clients, die es benutzen.',
      'Vergessen Sie diesen Server unter „Dieser Computer“; andere Server behalten ihre Anmeldung.',
      'Starten Sie den Client neu und verbinden Sie.',
    ],
  },
  'claude-code': {
    signsIn: [
      'Selbst, für Server in ~/.claude.json oder .mcp.json. Der Rückweg ist http://localhost:<Port>/callback; der Port lässt sich mit MCP_OAUTH_CALLBACK_PORT festlegen.',
    ],
    stores: [
      'Unter Linux und Windows in ~/.claude/.credentials.json unter mcpOAuth, unter macOS im Schlüsselbund, zusammen mit Ihrer eigenen Anmeldung bei Claude, die nie angerührt wird.',
    ],
    limits: [
      'Ändern sich Name, Adresse oder Kopfzeilen eines Servers, bleibt die alte Anmeldung zurück und eine neue ist nötig.',
      'Unter Windows braucht npx „cmd /c“ davor.',
    ],
    afresh: [
      'Tippen Sie /mcp › der Server › Clear authentication.',
      'Wählen Sie ihn noch einmal und melden Sie sich an.',
    ],
  },
};
