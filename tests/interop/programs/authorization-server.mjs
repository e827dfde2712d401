// A real authorization server (oidc-provider) in the shape of a Scalekit environment: registration, PKCE, resource indicators,
// JWT access tokens for one resource. Everybody who comes is signed in as the same person and agrees.
// Arguments: resource id, port. Prints its environment's URL when it listens.
//
// POST /control/forget          it forgets every client, code and token
// POST /control/fault?name=…    from now on one thing goes wrong ('' for nothing)
// POST /control/rotate        from now on another key signs, and it alone is listed
// POST /control/token?…         a token of its own making: audience, scope, ttl, key=other, issuer
import express from 'express';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const [resourceId, port] = process.argv.slice(2);
const environment = `http://127.0.0.1:${port}`;
const base = `/resources/${resourceId}`;
const issuer = environment + base;
const scopes = ['todo:read', 'todo:write'];
let fault = '';
let rotated = false;

const pair = async (kid) => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const named = async (key) => ({ ...(await exportJWK(key)), kid, alg: 'RS256', use: 'sig' });
  return { kid, privateKey, secret: await named(privateKey), public: await named(publicKey) };
};
const [key, other, third] = [await pair('key-1'), await pair('key-2'), await pair('key-3')];

const listed = () => (rotated ? third : key);

let rows = new Map();
class Adapter {
  constructor(model) {
    this.model = model;
  }
  name(id) {
    return `${this.model}:${id}`;
  }
  async upsert(id, payload) {
    rows.set(this.name(id), payload);
  }
  async find(id) {
    return rows.get(this.name(id));
  }
  async findByUid(uid) {
    return [...rows].find(([name, row]) => name.startsWith(`${this.model}:`) && row.uid === uid)?.[1];
  }
  async findByUserCode() {}
  async consume(id) {
    rows.get(this.name(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    rows.delete(this.name(id));
  }
  async revokeByGrantId(grantId) {
    for (const [name, row] of rows) if (row.grantId === grantId) rows.delete(name);
  }
}

const provider = new Provider(issuer, {
  adapter: Adapter,
  jwks: { keys: [key.secret] },
  clients: [
    { client_id: 'known', redirect_uris: ['http://127.0.0.1/callback'], application_type: 'native', token_endpoint_auth_method: 'none' },
    { client_id: 'elsewhere', redirect_uris: ['https://app.example.com/callback'], token_endpoint_auth_method: 'none' },
    { client_id: 'machine', client_secret: 'interop', redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
  ],
  clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' },
  scopes: ['openid', 'offline_access', ...scopes],
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `${base}/agree/${interaction.uid}` },
  issueRefreshToken: async (_, client) =>
    fault !== 'no-refresh-token' && client.grantTypeAllowed('refresh_token'),
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${environment}/mcp`,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: scopes.join(' '),
        audience: resourceId,
        accessTokenTTL: 3600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  cookies: { keys: ['interop'] },
  ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 600, Session: 3600, RefreshToken: 3600 },
});

const app = express();
app.disable('x-powered-by');

app.post('/control/:what', async (request, response) => {
  const asked = request.query;
  if (request.params.what === 'forget') rows = new Map();
  if (request.params.what === 'fault') fault = asked.name ?? '';
  if (request.params.what === 'rotate') rotated = true;
  if (request.params.what === 'token') {
    const by = asked.key === 'other' ? other : listed();
    const now = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({ scope: asked.scope ?? scopes.join(' '), client_id: 'known' })
      .setProtectedHeader({ alg: 'RS256', kid: by.kid, typ: 'at+jwt' })
      .setIssuer(asked.issuer ?? issuer)
      .setSubject('somebody')
      .setAudience((asked.audience ?? resourceId).split(' '))
      .setJti(String(Math.random()))
      .setIssuedAt(now - 7200)
      .setExpirationTime(now + Number(asked.ttl ?? 3600))
      .sign(by.privateKey);
    return response.send(token);
  }
  response.end();
});

app.get('/keys', (_, response) => response.json({ keys: [listed().public] }));
// What Scalekit's SDK for Python asks as soon as it is built.
app.post('/oauth/token', (_, response) => response.json({ access_token: 'machine', token_type: 'Bearer', expires_in: 3600 }));
const metadata = async (_, response) => {
  const described = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  response.json({ ...described, jwks_uri: `${environment}/keys`, scopes_supported: ['offline_access', ...scopes], authorization_response_iss_parameter_supported: true });
};
app.get(`/.well-known/oauth-authorization-server${base}`, metadata);

// Faults between the client and the provider.
app.use(base, (request, response, next) => {
  if (fault === 'token-error' && request.path === '/token') {
    return response.status(500).json({ error: 'server_error' });
  }
  // A client that asks for no scope gets the default one (RFC 6749 section 3.3).
  if (request.path === '/auth' && !request.query.scope) {
    request.url += `${request.url.includes('?') ? '&' : '?'}scope=${encodeURIComponent('todo:read')}`;
  }
  if (request.path === '/auth' && fault === 'other-challenge') {
    request.url = request.url.replace(/code_challenge=[^&]*/, 'code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
  }
  const { writeHead } = response;
  response.writeHead = function (status, ...rest) {
    const location = this.getHeader('location');
    if (location && new URL(location, issuer).searchParams.has('code')) {
      const changed = new URL(location);
      if (fault === 'other-issuer') changed.searchParams.set('iss', 'https://other.example.com');
      if (fault === 'other-state') changed.searchParams.set('state', 'other');
      this.setHeader('location', changed.href);
    }
    return writeHead.call(this, status, ...rest);
  };
  next();
});

app.get(`${base}/agree/:uid`, async (request, response, next) => {
  try {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (fault === 'closed') return response.send('<title>Sign in</title>Nobody answers here.');
    if (fault === 'denied') {
      return await provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'Not today' });
    }
    if (prompt.name === 'login') {
      return await provider.interactionFinished(request, response, { login: { accountId: 'somebody' } });
    }
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const asked = params.scope ?? '';
    if (asked) grant.addOIDCScope(asked);
    const resource = params.resource ?? `${environment}/mcp`;
    if (fault === 'never-more') {
      grant.addResourceScope(resource, 'todo:read');
      grant.rejectResourceScope(resource, 'todo:write');
    } else {
      grant.addResourceScope(resource, asked);
    }
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  } catch (error) {
    next(error);
  }
});

app.use(base, provider.callback());
app.listen(Number(port), '127.0.0.1', () => console.log(environment));
