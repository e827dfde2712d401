// An MCP server in the manner of Scalekit's Express sample: hand-written middleware around @scalekit-sdk/node.
// Arguments: environment, resource id, port. Prints its URL when it listens.
import cors from 'cors';
import express from 'express';
import { ScalekitClient } from '@scalekit-sdk/node';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const [environment, resourceId, port] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}/`;
const scalekit = new ScalekitClient(environment, 'skc_1001', 'practice');
const challenge = `Bearer realm="OAuth", resource_metadata="${url}.well-known/oauth-protected-resource"`;

const app = express();
app.use(cors());
app.use(express.json());
app.get('/.well-known/oauth-protected-resource', (_, response) =>
  response.json({
    resource: url,
    authorization_servers: [`${environment}/resources/${resourceId}`],
    bearer_methods_supported: ['header'],
    scopes_supported: ['todo:read'],
  }),
);
app.use(async (request, response, next) => {
  const header = request.headers.authorization;
  const token = header?.startsWith('Bearer ') ? header.slice(7).trim() : null;
  const refuse = (error) => response.status(401).set('WWW-Authenticate', challenge).json({ error });
  if (!token) return refuse('Missing Bearer token');
  try {
    await scalekit.validateToken(token, { audience: [resourceId] });
  } catch {
    return refuse('Token validation failed');
  }
  next();
});
app.post('/', async (request, response) => {
  const server = new McpServer({ name: 'todo', version: '1.0.0' });
  server.registerTool('list_todos', { description: 'Lists what is to do.' }, async () => ({
    content: [{ type: 'text', text: 'nothing' }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => void transport.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.listen(Number(port), '127.0.0.1', () => console.log(url));
