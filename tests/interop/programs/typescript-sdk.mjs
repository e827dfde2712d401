// An MCP server with the official TypeScript SDK: requireBearerAuth and the metadata router, tokens verified with jose.
// Arguments: issuer, keys URL, audience, port. Prints its URL when it listens.
import express from 'express';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';

const [issuer, keys, audience, port] = process.argv.slice(2);
const url = new URL(`http://127.0.0.1:${port}/mcp`);
const { pathname, origin } = new URL(issuer);
const oauthMetadata = await (await fetch(`${origin}/.well-known/oauth-authorization-server${pathname}`)).json();
const keySet = createRemoteJWKSet(new URL(keys));

const verifier = {
  async verifyAccessToken(token) {
    try {
      const { payload } = await jwtVerify(token, keySet, { audience });
      return {
        token,
        clientId: String(payload.client_id ?? ''),
        scopes: String(payload.scope ?? '').split(' ').filter(Boolean),
        expiresAt: payload.exp,
      };
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new InvalidTokenError(error.message);
      throw error;
    }
  },
};

const app = express();
app.use(express.json());
app.use(
  mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: url, scopesSupported: ['todo:read'], resourceName: 'todo' }),
);
const auth = requireBearerAuth({
  verifier,
  requiredScopes: ['todo:read'],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url),
});
// One tool needs more than the others.
const enough = (request, response, next) => {
  const adds = request.body?.method === 'tools/call' && request.body.params?.name === 'add_todo';
  if (!adds || request.auth.scopes.includes('todo:write')) return next();
  const metadata = getOAuthProtectedResourceMetadataUrl(url);
  response
    .status(403)
    .set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="todo:write", resource_metadata="${metadata}"`)
    .json({ error: 'insufficient_scope' });
};
app.post('/mcp', auth, enough, async (request, response) => {
  const server = new McpServer({ name: 'todo', version: '1.0.0' });
  server.registerTool('list_todos', { description: 'Lists what is to do.' }, async () => ({
    content: [{ type: 'text', text: 'nothing' }],
  }));
  server.registerTool('add_todo', { description: 'Adds something to do.' }, async () => ({
    content: [{ type: 'text', text: 'added' }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => void transport.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.all('/mcp', auth, (_, response) => response.status(405).set('allow', 'POST').end());
app.listen(Number(port), '127.0.0.1', () => console.log(url.href));
