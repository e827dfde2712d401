// A page for each client that people ask about most: how it signs in, what it stores, what it cannot do, how to begin anew.

export type ClientPageId = 'claude-desktop' | 'cursor' | 'vscode' | 'mcp-inspector' | 'mcp-remote' | 'claude-code';

export interface ClientPageWords {
  signsIn: string[];
  stores: string[];
  limits: string[];
  afresh: string[];
}

export const clientsEn: Record<ClientPageId, ClientPageWords> = {
  'claude-desktop': {
    signsIn: [
      'Remote servers are connectors (Settings › Connectors). They sign in from Anthropic’s cloud, with the way back https://claude.ai/api/mcp/auth_callback.',
      'Servers in its settings file run on this computer. For a remote server there, mcp-remote signs in, not Claude Desktop.',
    ],
    stores: [
      'Connectors: with your account, not on this computer.',
      'Local servers: nothing of its own. mcp-remote keeps its sign-ins below ~/.mcp-auth.',
    ],
    limits: [
      'A server in the settings file that has only a “url” is ignored: remote servers go into Settings › Connectors.',
      'Connectors reach public https addresses on port 443. Other ports are reported not to work; localhost, home networks and VPNs do not by design.',
      'It starts each local server twice for a moment: with mcp-remote two sign-in pages can open.',
      'mcp-remote and a connector for the same server must not run at the same time.',
    ],
    afresh: [
      'Connector: Settings › Connectors › ⋯ › Disconnect, then Connect. If that does not help, remove it and add it again.',
      'If Claude still uses the old registration, give the server another host name.',
      'mcp-remote: forget this server under “This computer”, quit Claude completely, start it again.',
    ],
  },
  cursor: {
    signsIn: [
      'By itself, for servers with a “url” in ~/.cursor/mcp.json or .cursor/mcp.json.',
      'It registers three ways back at once: cursor://anysphere.cursor-mcp/oauth/callback, https://www.cursor.com/agents/mcp/oauth/callback and http://localhost:8787/callback.',
    ],
    stores: ['Sign-in and registration in its own database (state.vscdb), encrypted. It is never opened here.'],
    limits: [
      'A sign-in service that refuses one of the three ways back refuses the whole registration.',
      '“Transient error connecting to streamableHttp server” stands for any failure: only a check tells which.',
    ],
    afresh: [
      'Cursor Settings › Tools & MCP › the server › Logout.',
      'Quit Cursor completely, start it again, and connect.',
    ],
  },
  vscode: {
    signsIn: [
      'By itself, for servers in mcp.json (“servers”, type http).',
      'Ways back: http://127.0.0.1:33418/, https://vscode.dev/redirect and https://insiders.vscode.dev/redirect.',
    ],
    stores: ['Registrations by name in its database (state.vscdb); passes are encrypted and never opened here.'],
    limits: [
      'The field “resource” of the server’s metadata must be the very address in mcp.json.',
      'When port 33418 is taken it uses another port, which a strict sign-in service refuses.',
      'It does not forget a registration by itself when the service has forgotten it.',
    ],
    afresh: [
      'Command Palette › “Authentication: Remove Dynamic Authentication Providers” › the server.',
      'Or: “MCP: List Servers” › the server › Sign Out.',
      'Connect again.',
    ],
  },
  'mcp-inspector': {
    signsIn: [
      'In a web page at http://localhost:6274; its way back is http://localhost:6274/oauth/callback. The terminal version uses http://127.0.0.1:6276/oauth/callback.',
    ],
    stores: [
      'From version 2: ~/.mcp-inspector/storage/oauth.json, in plain text.',
      'Version 0.x: only in the browser tab.',
    ],
    limits: [
      'Calls come from a web page: the server has to allow that (CORS).',
      'Both addresses of the way back have to be registered if both versions are used.',
    ],
    afresh: [
      'Version 0.x: close the tab and open it anew.',
      'From version 2: “Clear OAuth state”, or forget the server under “This computer”.',
    ],
  },
  'mcp-remote': {
    signsIn: [
      'As a go-between: a client starts it (mostly through npx), it opens the browser and waits on a port of this computer.',
      'The port is computed from the server’s address; the way back is http://localhost:<port>/oauth/callback.',
    ],
    stores: [
      'Below ~/.mcp-auth (or MCP_REMOTE_CONFIG_DIR), in plain text, a few files for each server.',
      'The folder is mcp-remote-v1 since version 0.3.2, and mcp-remote-<version> before.',
    ],
    limits: [
      'Versions 0.1.32 to 0.1.39 use the folder of the version before them.',
      'Versions 0.0.5 to 0.1.15 can be made to run programs by a hostile server (CVE-2025-6514): use a newer one.',
      'Several clients, or one client twice, start it several times: each may open a sign-in page.',
      'It needs Node where the client looks for it, which is not always where the terminal finds it.',
    ],
    afresh: [
      'Quit the clients that use it.',
      'Forget this server under “This computer”; other servers keep their sign-in.',
      'Start the client again and connect.',
    ],
  },
  'claude-code': {
    signsIn: [
      'By itself, for servers in ~/.claude.json or .mcp.json. The way back is http://localhost:<port>/callback; the port can be fixed with MCP_OAUTH_CALLBACK_PORT.',
    ],
    stores: [
      'On Linux and Windows in ~/.claude/.credentials.json under mcpOAuth, on macOS in the keychain, together with your own Claude login, which is never touched.',
    ],
    limits: [
      'When a server’s name, address or headers change, the old sign-in is left behind and a new one is needed.',
      'On Windows npx needs “cmd /c” in front.',
    ],
    afresh: ['Type /mcp › the server › Clear authentication.', 'Choose it again and sign in.'],
  },
};
