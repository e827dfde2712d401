// The words of the guides, by the names of the cards. A guide never opens the whole book: one card at a time.

import type { Category } from '../backend/backend';

export interface CardWords {
  /** A question, or what to do. */
  title: string;
  text?: string[];
  steps?: string[];
  answers?: Record<string, string>;
}

export const guidesEn: Record<Category, Record<string, CardWords>> = {
  connection: {
    health: {
      title: 'Does the server ask you to sign in?',
      text: [
        'Called without an access pass, a healthy server answers “sign in first” and says where (HTTP 401 with a WWW-Authenticate header). The app asks it exactly that, at the address your client uses.',
        'It should look like this: WWW-Authenticate: Bearer realm="OAuth", resource_metadata="https://your-server/.well-known/oauth-protected-resource"',
      ],
      answers: { yes: 'Yes, it does', no: 'No, it answers something else', unsure: 'I do not know' },
    },
    look: {
      title: 'Let the app look',
      text: [
        'One check answers this. It only reads, and asks nobody but your server and the sign-in service that it names.',
      ],
    },
    'health-broken': {
      title: 'The server has to be mended first',
      text: [
        'As long as it does not say “sign in first”, no client can sign in. This is the server’s own settings, not your computer.',
      ],
      steps: [
        'Open the verdict of the check and copy the text for the person who runs the server.',
        'They let every call without a pass be answered by 401 with WWW-Authenticate, at the very address that clients use.',
        'Check again. When this holds, the next step looks at the metadata.',
      ],
    },
    metadata: {
      title: 'Does the server say where to sign in?',
      text: [
        'At /.well-known/oauth-protected-resource the server publishes who signs people in (resource metadata). It should be readable JSON, the same that the dashboard shows: MCP Servers › your server › Metadata JSON.',
      ],
      answers: { yes: 'Yes, the same JSON', no: 'No, something else', unsure: 'I do not know' },
    },
    'metadata-look': {
      title: 'Let the app look',
      text: ['One check reads this address and compares what stands there, field by field.'],
    },
    'metadata-broken': {
      title: 'What comes instead?',
      text: ['The check shows the very answer under “What exactly was asked and answered”.'],
      answers: {
        error: 'An error (500), or nothing readable',
        issuer: 'The sign-in service in it is the wrong one',
        resource: 'The server’s own address in it is different',
      },
    },
    'metadata-500': {
      title: 'The server does not know its own metadata',
      text: [
        'An error 500 at this address means, as a rule: the setting PROTECTED_RESOURCE_METADATA is missing or is no readable JSON.',
      ],
      steps: [
        'In the dashboard, open MCP Servers › your server › Metadata JSON and copy all of it.',
        'Put it into PROTECTED_RESOURCE_METADATA on the server, on one line and unchanged.',
        'Restart the server, then check again.',
      ],
    },
    'metadata-environment': {
      title: 'The sign-in service is one of another environment',
      text: [
        'The address under authorization_servers was copied from another environment (development instead of production, or the other way round).',
      ],
      steps: [
        'In the dashboard, switch to the environment that this server belongs to.',
        'Copy MCP Servers › your server › Metadata JSON from there.',
        'Replace PROTECTED_RESOURCE_METADATA, restart the server, then check again.',
      ],
    },
    'metadata-resource': {
      title: 'The server calls itself by another address',
      text: [
        'The field “resource” and what the server expects (EXPECTED_AUDIENCE) must be one and the same, to the last slash. Otherwise every access pass is made out for somebody else.',
      ],
      steps: [
        'Compare “resource” with the address that is typed into the client and with the Server URL in the dashboard.',
        'Make all three the same, slash at the end included.',
        'Restart the server, then check again.',
      ],
    },
    cors: {
      title: 'Are there CORS errors in the browser’s console, or in MCP Inspector’s log?',
      text: [
        'Only clients that run inside a web page have them, MCP Inspector above all. The words there are “blocked by CORS policy”.',
      ],
      answers: { yes: 'Yes', no: 'No', how: 'How do I look?' },
    },
    'cors-how': {
      title: 'Look into the console',
      steps: [
        'In MCP Inspector, press F12 (on a Mac: Option, Command and I together).',
        'Open the tab “Console”.',
        'Connect once more and look for red lines with “CORS policy”.',
      ],
      answers: { yes: 'There are some', no: 'There are none' },
    },
    deeper: {
      title: 'The way to the sign-in page is fine',
      text: [
        'What can be seen without signing in holds. The next place to look is the sign-in itself: the app can walk through it the way your client does, and show where it stops.',
      ],
    },
  },
  'redirect-uri': {
    which: {
      title: 'Which client says so?',
      text: [
        'After the sign-in page, the browser goes back to an address of the client (redirect_uri). The sign-in service refuses an address that it does not know. Most often the client remembers a registration from an earlier address of the server.',
      ],
      answers: {
        'mcp-remote': 'mcp-remote (also inside Claude Desktop or Cursor)',
        vscode: 'VS Code',
        claude: 'Claude Desktop or claude.ai',
        cursor: 'Cursor',
        'claude-code': 'Claude Code',
        inspector: 'MCP Inspector',
        other: 'Another one',
      },
    },
    'mcp-remote': {
      title: 'Let mcp-remote forget this one server',
      text: [
        'mcp-remote keeps its registrations below ~/.mcp-auth. The folder is mcp-remote-v1 since version 0.3.2 and mcp-remote-<version> before; versions 0.1.32 to 0.1.39 use the folder of the version before them. Only the files of this server need to go.',
      ],
      steps: [
        'Quit the client that uses it.',
        'Clear the sign-in and the registration of this server; what is moved away can be brought back.',
        'Start the client and connect again.',
      ],
    },
    vscode: {
      title: 'Let VS Code forget the registration',
      steps: [
        'Open the Command Palette: Ctrl+Shift+P, on a Mac Command+Shift+P.',
        'Choose “Authentication: Remove Dynamic Authentication Providers” and select this server.',
        'Connect again.',
      ],
    },
    claude: {
      title: 'Disconnect and connect again in Claude',
      text: [
        'Claude Desktop has no way to clear a stored sign-in on this computer: it is kept with your account, not here.',
      ],
      steps: [
        'Open Settings › Connectors.',
        'Next to the server, press ⋯ and Disconnect; then remove it and add it again.',
        'Connect.',
      ],
    },
    'claude-other': {
      title: 'Give the server another host name',
      text: [
        'Claude can keep an old registration for an address even after that. What helps then is another domain or subdomain for the same server.',
      ],
      steps: [
        'Let the person who runs the server give it a second host name, for example mcp2.your-domain.',
        'Register that address as Server URL in the dashboard and in the metadata.',
        'Add the connector with the new address.',
      ],
    },
    cursor: {
      title: 'Sign out of this server in Cursor',
      steps: [
        'Open Cursor Settings › Tools & MCP.',
        'Choose the server and press Logout.',
        'Quit Cursor completely, start it again, and connect.',
      ],
    },
    'claude-code': {
      title: 'Clear the authentication in Claude Code',
      steps: ['Type /mcp.', 'Choose the server, then “Clear authentication”.', 'Choose it again and sign in.'],
    },
    inspector: {
      title: 'Clear MCP Inspector’s memory',
      steps: [
        'Up to version 0.x: close the tab and open Inspector anew.',
        'From version 2: press “Clear OAuth state”, or connect with --relogin.',
        'Connect again.',
      ],
    },
    other: {
      title: 'Let the client forget this server',
      steps: [
        'Find the client under “This computer”: there stands what it has stored, and how it is told to forget it.',
        'Sign out of this server there.',
        'Quit the client completely, start it again, and connect.',
      ],
    },
    registered: {
      title: 'Is the address back registered at all?',
      text: [
        'The check shows the address that the client comes back to. It has to stand in the dashboard, character by character: port, slash at the end, localhost or 127.0.0.1.',
      ],
      steps: [
        'In the dashboard, open Authentication › Redirects (in older versions “Redirect URLs”) › Allowed Callback URLs.',
        'Add the address exactly as the check shows it.',
        'Save, and connect again.',
      ],
    },
  },
  cors: {
    who: {
      title: 'Who turns the web page away?',
      text: [
        'A browser asks each server whether a web page may call it (CORS). The red line in the console names the address that did not answer: your MCP server, or the sign-in service.',
      ],
      answers: { server: 'My MCP server', service: 'The sign-in service', unsure: 'I do not know' },
    },
    look: {
      title: 'Let the app look',
      text: ['The check asks both, the way a browser does, and says which one turns the page away.'],
    },
    server: {
      title: 'The MCP server has to let the page in',
      text: [
        'This is the more frequent of the two causes. The question before the question (OPTIONS) must be answered without a pass, and every answer must carry the CORS headers, the 401 too.',
      ],
      steps: [
        'Put the CORS layer in front of the token check, so that OPTIONS is answered first.',
        'Allow the headers Authorization, Content-Type, Mcp-Session-Id and MCP-Protocol-Version.',
        'Expose WWW-Authenticate and Mcp-Session-Id (Access-Control-Expose-Headers).',
        'Restart the server, then check again.',
      ],
    },
    callback: {
      title: 'The sign-in service has to know the page',
      text: ['Scalekit refuses a way back that is not on its list.'],
      steps: [
        'In the dashboard, open Authentication › Redirects (in older versions “Redirect URLs”) › Allowed Callback URLs.',
        'For development with MCP Inspector, add http://localhost:6274/ and its full address http://localhost:6274/oauth/callback (in the terminal version http://127.0.0.1:6276/oauth/callback).',
        'Save, and connect again.',
      ],
    },
    production: {
      title: 'Add the address of production too',
      steps: [
        'Add the callback address of the deployed client to the same list.',
        'Connect again, from the page that failed.',
      ],
    },
  },
  token: {
    framework: {
      title: 'What is the MCP server built with?',
      text: [
        'You are signed in, and the server still says no (401). Before anything else is suspected, its own settings are compared: in most cases one of them does not fit.',
      ],
      answers: {
        fastmcp: 'FastMCP with ScalekitProvider',
        fastapi: 'FastAPI with FastMCP',
        express: 'Express (Node)',
        other: 'Something else, or I do not know',
      },
    },
    'fastmcp-id': {
      title: 'Is SCALEKIT_RESOURCE_ID the right one?',
      steps: [
        'It begins with res_.',
        'It is the same as the resource id in the dashboard: MCP Servers › your server.',
        'Change it if it differs, and restart the server.',
      ],
    },
    'fastmcp-url': {
      title: 'Is MCP_URL the registered address?',
      text: [
        'FastMCP up to version 2 compares the address to the last slash; from version 3 on it is the resource id that counts.',
      ],
      steps: [
        'MCP_URL ends in a slash.',
        'It is the same as the Server URL that is registered with Scalekit.',
        'Restart the server after a change.',
      ],
    },
    audience: {
      title: 'Is EXPECTED_AUDIENCE the same as the Server URL?',
      text: [
        'To the last slash: http://localhost:3002/ is not http://localhost:3002. The resource id (res_…) is always in a pass and is the safer choice; with an empty Server URL it is the only one.',
      ],
      steps: [
        'Open MCP Servers › your server › Server URL in the dashboard.',
        'Make EXPECTED_AUDIENCE the same, or use the resource id.',
        'Restart the server, sign in again, then check again.',
      ],
    },
    environment: {
      title: 'Do passes and server belong to the same environment?',
      steps: [
        'Open Settings › API Credentials in the dashboard.',
        'SK_ENV_URL of the server is the environment address that stands there.',
        'Restart the server, sign in again, then check again.',
      ],
    },
    validate: {
      title: 'Does the server’s own check let the pass through?',
      steps: [
        'Python: validate_access_token returns True for a fresh pass.',
        'Node: validateToken does not throw.',
        'What it says instead stands in the server’s log; compare it with the two settings before.',
      ],
    },
    other: {
      title: 'Look at the pass itself',
      text: [
        'An access pass says for whom it was made out (aud), by whom (iss) and until when (exp). The app reads it on this computer.',
      ],
      steps: [
        'For whom: the resource id res_… or the server’s own address.',
        'By whom: the environment, or the environment with /resources/res_…',
        'Until when: later than now, and the clocks agree.',
      ],
    },
    restart: {
      title: 'Restart the server, then sign in again',
      text: [
        'Some servers read their settings only when they start, and a pass that was made out before the change still says the old thing.',
      ],
    },
    pass: {
      title: 'Let the app sign in and compare',
      text: [
        'When settings and pass fit and the server still refuses, the app signs in itself and shows the pass’s claims beside what the server wants.',
      ],
    },
  },
  scope: {
    tool: {
      title: 'Does one tool fail, or do all?',
      text: [
        'You are signed in. A pass lists what it is good for (scope), and each tool needs an entry of that list. Note the name of the tool that fails, and the scopes that the dashboard lists for the server.',
      ],
      answers: { one: 'One tool, or some', all: 'All of them' },
    },
    exists: {
      title: 'Does the scope exist in the dashboard?',
      text: [
        'Dashboard › MCP Servers › your server › Scopes. The name counts to the letter, for example todo:read and todo:write.',
      ],
      answers: { yes: 'Yes, it is there', no: 'No' },
    },
    add: {
      title: 'Add the scope',
      steps: [
        'Dashboard › MCP Servers › your server › Scopes: add it and save.',
        'Copy the Metadata JSON anew to the server, and restart it.',
        'Connect again.',
      ],
    },
    requested: {
      title: 'Did the client ask for it?',
      text: ['The client asks for scopes when it signs in. The sign-in page lists them.'],
      answers: { yes: 'Yes', no: 'No', unsure: 'I do not know' },
    },
    request: {
      title: 'Let the client ask for it',
      text: [
        'Clients take the scopes from the server’s metadata (scopes_supported) and from the answer 401 or 403 (scope="…").',
      ],
      steps: ['Add the scope to both places on the server.', 'Sign out in the client and connect again.'],
    },
    pass: {
      title: 'Is the scope in the pass?',
      text: [
        'The pass says what it allows in the field scope (some say scopes, scp or permissions). Look at it here: the app reads it on this computer and does not keep it. Never paste a pass into a web page.',
      ],
      answers: { yes: 'Yes, it is in it', no: 'No, it is missing' },
    },
    reconnect: {
      title: 'Connect again and grant it',
      text: ['The scope was not granted when you signed in.'],
      steps: [
        'Sign out of this server in the client.',
        'Connect again, and leave the scope switched on at the sign-in page.',
        'Call the tool again.',
      ],
    },
    names: {
      title: 'The names differ',
      text: ['Pass and dashboard agree, so the server asks for another name than it was given.'],
      steps: [
        'Compare the name in the refusal (required scope) with the one in the pass, letter by letter.',
        'Let the person who runs the server make them the same.',
      ],
    },
  },
  client: {
    what: {
      title: 'What happens?',
      answers: {
        port: 'Claude Desktop, and the server’s address has a port number',
        tabs: 'Several sign-in pages open at once',
        elsewhere: 'It works in MCP Inspector, and not in this client',
        browser: 'No browser opens',
      },
    },
    port: {
      title: 'Claude’s connectors call port 443 only',
      text: [
        'Claude’s connectors run in the maker’s cloud: they reach public https addresses on the standard port, not this computer, and (as people report) no other port. Do not expect a direct connection to a custom port.',
      ],
      steps: [
        'Give the server a public https address without a port number.',
        'Or reach it through mcp-remote, which runs on this computer.',
      ],
    },
    proxy: {
      title: 'Put a reverse proxy on port 443',
      steps: [
        'Let Nginx or Caddy listen on 443 with a certificate, and hand calls on to the server’s own port.',
        'Let it pass on WWW-Authenticate and Authorization unchanged.',
        'Register the new address as Server URL, and use it in the client.',
      ],
    },
    tabs: {
      title: 'Two ways at once',
      text: [
        'mcp-remote and the client’s own connector both sign in to the same server. Never run both at the same time: each opens its own page.',
      ],
      steps: [
        'Claude Desktop has connectors of its own (Settings › Connectors). Remove the mcp-remote entry from its settings file.',
        'Quit every copy of the client, so that no mcp-remote stays behind.',
        'Start the client once, and connect.',
      ],
    },
    elsewhere: {
      title: 'Clients differ',
      text: [
        'The check says for each client where it stops. Each has a page of its own here: how it signs in, what it stores, what it cannot do.',
      ],
    },
    fresh: {
      title: 'Start afresh',
      steps: [
        'Sign out of this server in the client, or clear what it has stored.',
        'Quit the client completely, also from the tray or menu bar.',
        'Start it again and connect.',
      ],
    },
    same: {
      title: 'Sign in as this client would',
      text: [
        'The app signs in with the client’s own addresses and rules. When that works, server and browser are fine, and what is left is the client itself.',
      ],
    },
  },
  browser: {
    test: {
      title: 'Does a browser open when this app asks for it?',
      text: [
        'That is the test that decides: a page of this app, on this computer. What the system says about it proves nothing; only a page that arrives does.',
      ],
      answers: { opens: 'Yes, the page arrived', nothing: 'No page arrived' },
    },
    system: { title: 'Which system is this?', answers: { mac: 'macOS', windows: 'Windows', linux: 'Linux' } },
    mac: {
      title: 'Choose the browser in System Settings',
      text: [
        'Some guides name Privacy & Security › App Management (in older systems System Preferences › Security & Privacy). That page is about changing other apps; it may be looked at, and nothing there keeps a web page from opening. “Automation” in the same list can: a client listed there with a browser switched off.',
      ],
      steps: [
        'Open System Settings › Desktop & Dock › Default web browser, and pick a browser that you have opened before.',
        'Open Privacy & Security › Automation, and switch the browser on for your client if it is listed.',
        'Test again.',
      ],
    },
    windows: {
      title: 'Choose the browser in Settings',
      text: [
        'Some guides name a switch “Allow apps to manage your default app settings” under Privacy › App permissions. Where it exists it may be switched on; most PCs do not have it, and it is about changing the default app, not about opening it.',
      ],
      steps: [
        'Open Settings › Apps › Default apps.',
        'Choose your browser and press “Set default”.',
        'See that HTTP and HTTPS in its list show the same browser.',
        'Test again.',
      ],
    },
    linux: {
      title: 'Is there something that opens web pages?',
      text: [
        'Clients call xdg-open. “which xdg-open” in a terminal tells whether it is installed; whether the client finds it, and a browser behind it, only the test tells.',
      ],
      steps: [
        'Install the package xdg-utils if xdg-open is missing.',
        'In the settings of your desktop, choose a default web browser that is still installed.',
        'Test again.',
      ],
    },
    restart: {
      title: 'Quit the client completely and start it again',
      text: [
        'Programs take over their surroundings when they start. Closing the window is not enough: quit it from the tray or menu bar, then start it anew and test again.',
      ],
    },
    link: {
      title: 'Open the page by hand',
      text: [
        'When everything else fails: copy the address that the client shows (or the one of our test) into the browser yourself. If the page then arrives, only the opening is broken.',
      ],
    },
    back: {
      title: 'The page opens. Does the way back arrive?',
      text: [
        'After signing in, the browser goes back to a door on this computer (a port of localhost). Somebody else may hold it, or localhost leads elsewhere. If the page says “refused”: in the address bar, change localhost to 127.0.0.1, leave the rest, and press Enter.',
      ],
    },
  },
};
